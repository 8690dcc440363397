import type { ResetReason, TopicMessage } from '@fleetdeck/dto';
import type { TopicListener, TopicState } from '../socket/topic-channel.ts';

/** A listener that writes down what it is told, and lets a test wait for it. */
export class Journal implements TopicListener {
  readonly messages: TopicMessage[] = [];
  readonly resets: ResetReason[] = [];
  readonly snapshots: unknown[] = [];
  readonly states: TopicState[] = [];
  private readonly waiting = new Set<() => void>();

  readonly onMessage = (message: TopicMessage): void => {
    this.messages.push(message);
    this.wake();
  };
  readonly onReset = (reason: ResetReason): void => {
    this.resets.push(reason);
    this.wake();
  };
  readonly onSnapshot = (state: unknown): void => {
    this.snapshots.push(state);
    this.wake();
  };
  readonly onState = (state: TopicState): void => {
    this.states.push(state);
    this.wake();
  };

  /** The payloads so far. */
  get data(): unknown[] {
    return this.messages.map((message) => message.data);
  }

  /** Resolves once the condition holds; looked at whenever something is told. */
  until(condition: (journal: Journal) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!condition(this)) return;
        this.waiting.delete(look);
        resolve();
      };
      this.waiting.add(look);
      look();
    });
  }

  /** Resolves once the subscription is live, or at least that many messages came as well. */
  async live(messages = 0): Promise<void> {
    await this.until(({ states }) => states.at(-1)?.status === 'live');
    await this.until((journal) => journal.messages.length >= messages);
  }

  private wake(): void {
    for (const look of [...this.waiting]) look();
  }
}
