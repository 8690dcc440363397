import KeyvRedis from '@keyv/redis';
import type { OnApplicationShutdown } from '@nestjs/common';

const CONNECT_MS = 1000;
const BACK_OFF = { leastMs: 250, mostMs: 20_000 };

/** Where replicas share the answers to metric questions. A Redis that is away costs each of them a question more. */
export class SharedAnswers implements OnApplicationShutdown {
  readonly store: KeyvRedis<unknown>;

  constructor(url: string) {
    this.store = new KeyvRedis<unknown>(
      {
        url,
        // What Redis does not take now is not worth keeping.
        disableOfflineQueue: true,
        commandsQueueMaxLength: 1000,
        socket: {
          connectTimeout: CONNECT_MS,
          reconnectStrategy: (retries: number) =>
            BACK_OFF.leastMs + Math.random() * Math.min(BACK_OFF.mostMs, BACK_OFF.leastMs * 2 ** retries),
        },
      },
      { connectionTimeout: CONNECT_MS },
    );
  }

  async onApplicationShutdown(): Promise<void> {
    await this.store.disconnect(true);
  }
}
