interface BroadcastCodeEntry {
  /** Goes onto the wire, and is the number that closes the WebSocket. */
  readonly number: number;
  /** Whether coming back, or asking again, as the caller is can help. */
  readonly retryable: boolean;
  /** A short title, the same for every occurrence. */
  readonly title: string;
}

/**
 * Every error and close code of the socket. Append only: a number keeps its meaning for good. 40xx are about the
 * service, 44xx about the caller.
 */
export const BROADCAST_CODES = {
  SHUTTING_DOWN: { number: 4001, retryable: true, title: 'The service is stopping' },
  SLOW: { number: 4002, retryable: true, title: 'The client does not read' },
  INTERNAL: { number: 4003, retryable: true, title: 'Something went wrong in the service' },
  OVERLOADED: { number: 4004, retryable: true, title: 'The service is busy' },
  HEARTBEAT_MISSED: { number: 4005, retryable: true, title: 'The client gave no sign of life' },
  INVALID_INPUT: { number: 4400, retryable: false, title: 'The frame is not valid' },
  UNAUTHENTICATED: { number: 4401, retryable: false, title: 'Sign in first' },
  SESSION_EXPIRED: { number: 4402, retryable: false, title: 'The session has expired' },
  FORBIDDEN: { number: 4403, retryable: false, title: 'The role does not allow this' },
  UNKNOWN_TOPIC: { number: 4404, retryable: false, title: 'There is no such topic' },
  ORIGIN_REFUSED: { number: 4405, retryable: false, title: 'The page that connects is not allowed to' },
  TIMED_OUT: { number: 4408, retryable: true, title: 'The client took too long to sign in' },
  REVOKED: { number: 4410, retryable: false, title: 'Access was taken away' },
  PAYLOAD_TOO_LARGE: { number: 4413, retryable: false, title: 'The frame is too large' },
  LIMIT_EXCEEDED: { number: 4423, retryable: false, title: 'A limit is reached' },
  RATE_LIMITED: { number: 4429, retryable: true, title: 'Too many requests' },
  DISCONNECTED: { number: 4440, retryable: true, title: 'The service disconnected the client' },
} as const satisfies Record<string, BroadcastCodeEntry>;

/** Name of a code of {@link BROADCAST_CODES}. */
export type BroadcastCodeName = keyof typeof BROADCAST_CODES;

/** Number of a code, as it travels. */
export type BroadcastCode = (typeof BROADCAST_CODES)[BroadcastCodeName]['number'];

const NAMES: ReadonlyMap<number, BroadcastCodeName> = new Map(
  Object.entries(BROADCAST_CODES).map(([name, { number }]) => [number, name as BroadcastCodeName]),
);

/** The name of a number from the wire; `null` when this version does not know it. */
export function broadcastCodeName(code: number): BroadcastCodeName | null {
  return NAMES.get(code) ?? null;
}
