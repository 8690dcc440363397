import type { QueryValue } from '../http/http-client.ts';
import { backoffMs } from './backoff.ts';
import type { Poller, PollerEvents } from './poller.ts';
import type { ClientSocket } from './socket.port.ts';

/** What polling needs of an `HttpClient` whose base is the service's `/api/v1`. */
export interface TopicReader {
  get<T>(
    path: string,
    options?: { query?: Readonly<Record<string, QueryValue>>; signal?: AbortSignal },
  ): Promise<T>;
}

/** What the fallback tells. */
export interface PollingEvents extends PollerEvents {
  live(poller: ClientSocket): void;
  down(): void;
}

/** Asks for topics by HTTP where no socket gets through. */
export interface PollingFallback {
  /** Whether the last request was answered. */
  works(): boolean;
  begin(): void;
  end(): void;
}

/** Makes a {@link PollingFallback}. The poller is loaded when it is first needed: most pages never do. */
export function createPollingFallback(
  http: TopicReader | undefined,
  pollMs: number,
  random: () => number,
  events: PollingEvents,
): PollingFallback {
  let wanted = false;
  let poller: Poller | null = null;
  return {
    works: () => poller?.works ?? false,
    begin() {
      if (!http || wanted) return;
      wanted = true;
      import('./poller.ts').then(
        (loaded) => {
          if (!wanted || poller) return;
          poller = new loaded.Poller({ http, pollMs, random, backoffMs }, events);
          events.live(poller);
        },
        () => {
          // The network that the sockets lack may be missing here too; the next failure asks again.
          wanted = false;
        },
      );
    },
    end() {
      wanted = false;
      if (!poller) return;
      const ending = poller;
      poller = null;
      events.down();
      ending.close();
    },
  };
}
