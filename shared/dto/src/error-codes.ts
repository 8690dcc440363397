/** What kind of failure a code is: decides the HTTP status and whether trying again can help. */
export type ErrorCategory =
  | 'input'
  | 'unauthenticated'
  | 'denied'
  | 'not_found'
  | 'conflict'
  | 'reused_key'
  | 'too_large'
  | 'rate'
  | 'unavailable'
  | 'timeout'
  | 'cancelled'
  | 'internal';

/** HTTP status of each category. */
export const CATEGORY_STATUS = {
  input: 400,
  unauthenticated: 401,
  denied: 403,
  not_found: 404,
  conflict: 409,
  reused_key: 422,
  too_large: 413,
  rate: 429,
  unavailable: 503,
  timeout: 504,
  cancelled: 409,
  internal: 500,
} as const satisfies Record<ErrorCategory, number>;

interface ErrorCodeEntry {
  readonly category: ErrorCategory;
  /** Whether the same request can succeed later without a change. */
  readonly retryable: boolean;
  /** A short title, the same for every occurrence (RFC 9457 `title`). */
  readonly title: string;
}

/** Every code that crosses the wire. Append only: a code keeps its meaning for good. */
export const ERROR_CODES = {
  INVALID_INPUT: { category: 'input', retryable: false, title: 'The request is not valid' },
  INVALID_CURSOR: { category: 'input', retryable: false, title: 'The page cursor is not valid' },
  UNAUTHENTICATED: { category: 'unauthenticated', retryable: false, title: 'Sign in first' },
  SESSION_EXPIRED: { category: 'unauthenticated', retryable: false, title: 'The session has expired' },
  FORBIDDEN: { category: 'denied', retryable: false, title: 'The role does not allow this' },
  ORIGIN_REFUSED: {
    category: 'denied',
    retryable: false,
    title: 'The page that sent this is not allowed to',
  },
  HOST_REFUSED: { category: 'denied', retryable: false, title: 'The host name is not one of this service' },
  NOT_FOUND: { category: 'not_found', retryable: false, title: 'There is no such thing' },
  UNKNOWN_TOPIC: { category: 'not_found', retryable: false, title: 'There is no such topic' },
  UNKNOWN_METRIC: { category: 'not_found', retryable: false, title: 'There is no such metric' },
  CONFLICT: { category: 'conflict', retryable: false, title: 'The state does not allow this' },
  RESOURCE_BUSY: { category: 'conflict', retryable: true, title: 'Another change is under way' },
  IDEMPOTENCY_KEY_REUSED: {
    category: 'reused_key',
    retryable: false,
    title: 'The idempotency key was used for another request',
  },
  PAYLOAD_TOO_LARGE: { category: 'too_large', retryable: false, title: 'The request is too large' },
  LIMIT_EXCEEDED: { category: 'rate', retryable: false, title: 'A limit is reached' },
  RATE_LIMITED: { category: 'rate', retryable: true, title: 'Too many requests' },
  OVERLOADED: { category: 'unavailable', retryable: true, title: 'The service is busy' },
  SHUTTING_DOWN: { category: 'unavailable', retryable: true, title: 'The service is stopping' },
  DATABASE_UNAVAILABLE: { category: 'unavailable', retryable: true, title: 'The database does not answer' },
  IDENTITY_UNAVAILABLE: {
    category: 'unavailable',
    retryable: true,
    title: 'The identity provider does not answer',
  },
  SCHEMA_NEWER: {
    category: 'conflict',
    retryable: false,
    title: 'The database was written by a newer version',
  },
  MIGRATION_CHANGED: {
    category: 'conflict',
    retryable: false,
    title: 'A migration differs from the one that ran',
  },
  MIGRATION_LOCKED: { category: 'unavailable', retryable: true, title: 'Another process is migrating' },
  TIMED_OUT: { category: 'timeout', retryable: true, title: 'It took too long' },
  CANCELLED: { category: 'cancelled', retryable: false, title: 'It was cancelled' },
  INTERNAL: { category: 'internal', retryable: false, title: 'Something went wrong in the service' },
} as const satisfies Record<string, ErrorCodeEntry>;

/** A code of {@link ERROR_CODES}. */
export type FleetdeckErrorCode = keyof typeof ERROR_CODES;

/** The HTTP status that a code answers with. */
export function httpStatusOf(code: FleetdeckErrorCode): number {
  return CATEGORY_STATUS[ERROR_CODES[code].category];
}

/** Whether a string is a code of {@link ERROR_CODES}. */
export function isFleetdeckErrorCode(value: unknown): value is FleetdeckErrorCode {
  return typeof value === 'string' && Object.hasOwn(ERROR_CODES, value);
}
