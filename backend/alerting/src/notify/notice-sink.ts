import type { AlertNotice } from '@fleetdeck/dto';

/**
 * Where notices go. A notice may come more than once, always with the same `id`: after a crash, and when an answer
 * was lost. Resolves when the notice has arrived; a throw has it tried again later, unless it is a
 * {@link NoticeRefused}.
 */
export interface NoticeSink {
  /** Names the sink in the log and in the store; must stay the same across restarts. */
  readonly name: string;
  /** @param signal aborts when the deadline has passed */
  deliver(notice: AlertNotice, signal: AbortSignal): Promise<void>;
}

/** Says that trying again cannot help. */
export class NoticeRefused extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'NoticeRefused';
  }
}

/** One notice on its way to one sink. */
export interface Delivery {
  readonly sink: string;
  readonly notice: AlertNotice;
  status: 'waiting' | 'sent' | 'abandoned';
  attempts: number;
  /** Not before this, in milliseconds since the epoch. */
  nextAttemptAt: number;
  doneAt: number | null;
  lastError: string | null;
  /** Whether the store knows of it; until then it is not sent, unless the store is away. */
  released: boolean;
}
