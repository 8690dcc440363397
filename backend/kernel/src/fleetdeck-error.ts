import {
  ERROR_CODES,
  httpStatusOf,
  problemOf,
  type ErrorCategory,
  type FieldProblem,
  type FleetdeckErrorCode,
  type Problem,
} from '@fleetdeck/dto';

/** What a {@link FleetdeckError} may carry beside its code and message. */
export interface FleetdeckErrorOptions {
  /** What was wrong, field by field. */
  fields?: FieldProblem[];
  /** Wait at least this long before trying again. */
  retryAfterSeconds?: number;
  /** What led to it; goes into the log, never onto the wire. */
  cause?: unknown;
}

/**
 * The one error that Fleetdeck's modules throw. Its code decides the HTTP status; its message is for people:
 * what happened, why, and what to do.
 *
 * @example
 * throw new FleetdeckError('NOT_FOUND', `There is no agent "${id}".`);
 */
export class FleetdeckError extends Error {
  readonly code: FleetdeckErrorCode;
  readonly fields: FieldProblem[] | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: FleetdeckErrorCode, message: string, options: FleetdeckErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'FleetdeckError';
    this.code = code;
    this.fields = options.fields;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  get category(): ErrorCategory {
    return ERROR_CODES[this.code].category;
  }

  get retryable(): boolean {
    return ERROR_CODES[this.code].retryable;
  }

  get httpStatus(): number {
    return httpStatusOf(this.code);
  }

  /** What goes onto the wire. `instance` is the id of the request. */
  toProblem(instance?: string): Problem {
    return problemOf(this.code, this.message, {
      ...(instance === undefined ? {} : { instance }),
      ...(this.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: this.retryAfterSeconds }),
      ...(this.fields === undefined ? {} : { fields: this.fields }),
    });
  }
}

/**
 * Whether something thrown is a {@link FleetdeckError}, also one of another copy of this package, where
 * `instanceof` would say no.
 */
export function isFleetdeckError(thrown: unknown): thrown is FleetdeckError {
  return (
    typeof thrown === 'object' &&
    thrown !== null &&
    (thrown as { name?: unknown }).name === 'FleetdeckError' &&
    typeof (thrown as { toProblem?: unknown }).toProblem === 'function' &&
    Object.hasOwn(ERROR_CODES, String((thrown as { code?: unknown }).code))
  );
}

/**
 * The message of anything thrown; for errors of other realms too. Its code where it has no message, as when a connection
 * is refused on all addresses of a name.
 */
export function messageOf(thrown: unknown): string {
  if (typeof thrown === 'object' && thrown !== null) {
    const { message, code } = thrown as { message?: unknown; code?: unknown };
    const said = [message, code].find((word) => typeof word === 'string' && word !== '');
    return typeof said === 'string' ? said : 'unknown error';
  }
  return typeof thrown === 'string' && thrown !== '' ? thrown : 'unknown error';
}
