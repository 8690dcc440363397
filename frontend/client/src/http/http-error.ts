import type { FieldProblem, FleetdeckErrorCode, Problem } from '@fleetdeck/dto';

/** What went wrong: a code of the service, or `NETWORK` when it could not be reached. */
export type HttpErrorCode = FleetdeckErrorCode | 'NETWORK';

/** What a {@link FleetdeckHttpError} carries beside its message. */
export interface FleetdeckHttpErrorDetails {
  code: HttpErrorCode;
  retryable: boolean;
  /** HTTP status; `null` when there was no answer. */
  status: number | null;
  retryAfterSeconds?: number;
  fields?: FieldProblem[];
  /** The request's id, the same as in the service's log. */
  instance?: string;
  cause?: unknown;
}

/** The one error that {@link HttpClient} rejects with. Its message is for people. */
export class FleetdeckHttpError extends Error {
  override readonly name = 'FleetdeckHttpError';
  readonly code: HttpErrorCode;
  /** Whether the same request can succeed later without a change. */
  readonly retryable: boolean;
  readonly status: number | null;
  readonly retryAfterSeconds: number | undefined;
  /** What was wrong, field by field. */
  readonly fields: readonly FieldProblem[];
  readonly instance: string | undefined;

  constructor(message: string, details: FleetdeckHttpErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = details.code;
    this.retryable = details.retryable;
    this.status = details.status;
    this.retryAfterSeconds = details.retryAfterSeconds;
    this.fields = details.fields ?? [];
    this.instance = details.instance;
  }
}

/** The error that a problem answer says. */
export function errorOfProblem(problem: Problem): FleetdeckHttpError {
  const { code, retryable, status, retryAfterSeconds, fields, instance } = problem;
  return new FleetdeckHttpError(problem.detail, {
    code,
    retryable,
    status,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    ...(fields === undefined ? {} : { fields }),
    ...(instance === undefined ? {} : { instance }),
  });
}

const STATUS_CODES: Readonly<Record<number, FleetdeckErrorCode>> = {
  401: 'UNAUTHENTICATED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  409: 'CONFLICT',
  413: 'PAYLOAD_TOO_LARGE',
  429: 'RATE_LIMITED',
  502: 'OVERLOADED',
  503: 'OVERLOADED',
  504: 'TIMED_OUT',
};
const RETRYABLE = new Set([429, 502, 503, 504]);

/** The error of an answer that is no problem of ours, as a proxy gives it. */
export function errorOfStatus(status: number, retryAfter: string | null): FleetdeckHttpError {
  const seconds = Number(retryAfter);
  return new FleetdeckHttpError(`The service answered with status ${status}.`, {
    code: STATUS_CODES[status] ?? (status < 500 ? 'INVALID_INPUT' : 'INTERNAL'),
    retryable: RETRYABLE.has(status),
    status,
    ...(retryAfter !== null && Number.isFinite(seconds) ? { retryAfterSeconds: seconds } : {}),
  });
}
