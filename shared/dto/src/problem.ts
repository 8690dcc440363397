import { ERROR_CODES, httpStatusOf, isFleetdeckErrorCode, type FleetdeckErrorCode } from './error-codes.ts';

/** What was wrong with one field of a request. */
export interface FieldProblem {
  /** Path of the field, as `points[3].value`. */
  field: string;
  /** What was wrong and what is expected. */
  message: string;
}

/**
 * An error answer, in the media type `application/problem+json`.
 * @see RFC 9457, Problem Details for HTTP APIs
 */
export interface Problem {
  /** A URI that names the kind of problem: `urn:fleetdeck:error:<CODE>`. */
  type: string;
  title: string;
  status: number;
  /** What happened this time and what to do. */
  detail: string;
  /** The request's id, the same as in the service's log. */
  instance?: string;
  code: FleetdeckErrorCode;
  retryable: boolean;
  /** Wait at least this long before trying again. */
  retryAfterSeconds?: number;
  fields?: FieldProblem[];
}

/** The media type of a {@link Problem}. */
export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

/** The most fields that one {@link Problem} names. */
export const MAX_FIELD_PROBLEMS = 20;

/** Builds the {@link Problem} of a code. */
export function problemOf(
  code: FleetdeckErrorCode,
  detail: string,
  extra: Pick<Problem, 'instance' | 'retryAfterSeconds' | 'fields'> = {},
): Problem {
  const { title, retryable } = ERROR_CODES[code];
  return {
    type: `urn:fleetdeck:error:${code}`,
    title,
    status: httpStatusOf(code),
    detail,
    code,
    retryable,
    ...extra,
  };
}

/** Whether a parsed answer is a {@link Problem}. A problem of a foreign server, without our code, is not. */
export function isProblem(value: unknown): value is Problem {
  if (typeof value !== 'object' || value === null) return false;
  const candidate = value as Partial<Record<keyof Problem, unknown>>;
  return (
    isFleetdeckErrorCode(candidate.code) &&
    typeof candidate.status === 'number' &&
    typeof candidate.detail === 'string'
  );
}
