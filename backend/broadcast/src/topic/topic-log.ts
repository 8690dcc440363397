import type { Position, ResetReason } from '@fleetdeck/dto';

/** A published message as it is kept: as text, so that a publisher who changes its object changes no history. */
export interface StoredMessage {
  readonly offset: number;
  /** When it was published, ISO 8601 UTC. */
  readonly at: string;
  readonly key?: string;
  /** The payload as JSON. */
  readonly json: string;
}

/** What is appended. */
export interface NewMessage {
  readonly at: string;
  readonly key?: string;
  readonly json: string;
}

/** The answer to a client that starts, or comes back. */
export interface Replay {
  /** Where the topic stands after `messages`. */
  position: Position;
  recovered: boolean;
  reset?: ResetReason;
  messages: StoredMessage[];
}

/** What one topic remembers. Times are monotonic milliseconds. */
export interface TopicLog {
  readonly position: Position;
  append(message: NewMessage, nowMs: number): StoredMessage;
  /** Takes a message that was numbered elsewhere and comes after all that is here; of a `log` topic, the next one. */
  adopt(message: StoredMessage, nowMs: number): void;
  /** Exactly what came after `position`, or a whole new start with the reason; never a part. */
  since(position: Position | undefined, nowMs: number): Replay;
}

/** How much of a `log` topic is kept; whichever bound is reached first. */
export interface HistoryLimits {
  /** Messages. */
  count: number;
  /** Bytes of their payloads as JSON. */
  bytes: number;
  /** Milliseconds since they were published. */
  ageMs: number;
}

/** Why a position cannot be gone on from at all; `undefined` when it belongs to this run of the log. */
export function foreignPosition(given: Position, own: Position): ResetReason | undefined {
  if (given.epoch !== own.epoch) return 'epoch';
  return given.offset > own.offset ? 'ahead' : undefined;
}
