/** A place in a topic: which run of its log, and how far into it. */
export interface Position {
  /** Names one run of the topic's log; opaque, at most 32 characters. Offsets of two epochs cannot be compared. */
  epoch: string;
  /** From 1, increasing by 1 with each message; 0 before the first. Below 2^53. */
  offset: number;
}

/** The longest epoch that is accepted, in characters. */
export const MAX_EPOCH_LENGTH = 32;

/** Whether a value from the wire is a well-formed position. */
export function isPosition(value: unknown): value is Position {
  if (typeof value !== 'object' || value === null) return false;
  const { epoch, offset } = value as Partial<Record<keyof Position, unknown>>;
  return (
    typeof epoch === 'string' &&
    epoch.length > 0 &&
    epoch.length <= MAX_EPOCH_LENGTH &&
    typeof offset === 'number' &&
    Number.isSafeInteger(offset) &&
    offset >= 0
  );
}

/**
 * How an incoming position relates to the last one that was applied.
 * - `next`: exactly the following message, or the first that is seen
 * - `duplicate`: already applied, drop it
 * - `gap`: at least one message between them is missing
 * - `reset`: another epoch, everything known before is void
 */
export function comparePosition(
  last: Position | undefined,
  incoming: Position,
): 'next' | 'duplicate' | 'gap' | 'reset' {
  if (last === undefined) return 'next';
  if (last.epoch !== incoming.epoch) return 'reset';
  if (incoming.offset <= last.offset) return 'duplicate';
  return incoming.offset === last.offset + 1 ? 'next' : 'gap';
}
