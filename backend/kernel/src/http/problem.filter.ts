import { randomUUID } from 'node:crypto';
import {
  Catch,
  HttpException,
  Inject,
  Logger,
  type ArgumentsHost,
  type ExceptionFilter,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import {
  MAX_FIELD_PROBLEMS,
  PROBLEM_MEDIA_TYPE,
  type FieldProblem,
  type FleetdeckErrorCode,
} from '@fleetdeck/dto';
import { FleetdeckError, isFleetdeckError, messageOf } from '../fleetdeck-error.ts';

const STATUS_CODES: Readonly<Record<number, FleetdeckErrorCode>> = {
  400: 'INVALID_INPUT',
  401: 'UNAUTHENTICATED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  408: 'TIMED_OUT',
  409: 'CONFLICT',
  413: 'PAYLOAD_TOO_LARGE',
  422: 'INVALID_INPUT',
  429: 'RATE_LIMITED',
  503: 'OVERLOADED',
  504: 'TIMED_OUT',
};

/** Codes of Node and PostgreSQL that mean "the database is not there", not "the query is wrong". */
const DATABASE_AWAY = /^(?:ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|57P0[1-3]|08\w{3}|53300)$/;
/** What the `pg` driver and a starting PostgreSQL say of the same, with no code or one of many meanings. */
const DATABASE_AWAY_WORDS =
  /^(?:Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)|not currently accepting connections/;

/**
 * Answers every error of a controller as `application/problem+json`. Bind it to controllers, not globally, so that
 * the story service's own errors stay as they are. What nobody foresaw goes to the log in full and onto the wire
 * only as `INTERNAL`.
 */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('Fleetdeck');

  constructor(@Inject(HttpAdapterHost) private readonly adapterHost: HttpAdapterHost) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const { httpAdapter } = this.adapterHost;
    const http = host.switchToHttp();
    const response = http.getResponse<{ destroy?: () => void }>();
    const error = toFleetdeckError(thrown);
    let id = requestId(http.getRequest<{ id?: unknown }>());
    if (error.category === 'internal') {
      // Without an id of its own the request gets one here, or nobody could find its line in the log.
      id ??= randomUUID();
      this.logger.error(`${messageOf(thrown)} (request ${id})`, stackOf(thrown));
    }
    if (httpAdapter.isHeadersSent(response)) {
      // Cut off: an orderly end would make half an answer look like a whole one.
      if (response.destroy) response.destroy();
      else httpAdapter.end(response);
      return;
    }
    const problem = error.toProblem(id);
    httpAdapter.setHeader(response, 'Content-Type', PROBLEM_MEDIA_TYPE);
    httpAdapter.setHeader(response, 'Cache-Control', 'no-store');
    if (problem.status === 401) httpAdapter.setHeader(response, 'WWW-Authenticate', 'Bearer');
    if (problem.retryAfterSeconds !== undefined) {
      httpAdapter.setHeader(response, 'Retry-After', String(Math.ceil(problem.retryAfterSeconds)));
    }
    httpAdapter.reply(response, JSON.stringify(problem), problem.status);
  }
}

function requestId({ id }: { id?: unknown }): string | undefined {
  return typeof id === 'string' || typeof id === 'number' ? String(id) : undefined;
}

function stackOf(thrown: unknown): string | undefined {
  const stack = (thrown as { stack?: unknown } | null | undefined)?.stack;
  return typeof stack === 'string' ? stack : undefined;
}

/** Turns anything thrown into the {@link FleetdeckError} that says it best. */
export function toFleetdeckError(thrown: unknown): FleetdeckError {
  if (isFleetdeckError(thrown)) return thrown;
  const ofBody = bodyErrorOf(thrown);
  if (ofBody) return ofBody;
  if (isHttpException(thrown)) {
    return ofStatus(thrown.getStatus(), thrown, fieldsOf(thrown.getResponse()));
  }
  const foreign = thrown as Partial<ForeignError> | null | undefined;
  // Express' body parser throws plain errors with a status and a type.
  if (foreign?.expose === true && typeof foreign.status === 'number') return ofStatus(foreign.status, thrown);
  if (isDatabaseAway(thrown)) {
    return new FleetdeckError('DATABASE_UNAVAILABLE', 'The database does not answer; try again shortly.', {
      cause: thrown,
      retryAfterSeconds: 2,
    });
  }
  return new FleetdeckError('INTERNAL', INTERNAL_DETAIL, { cause: thrown });
}

/** The body parser's own error, or what Nest made of it, which keeps it as its cause and drops the limit. */
function bodyErrorOf(thrown: unknown): FleetdeckError | null {
  const outer = thrown as { type?: unknown; cause?: unknown } | null | undefined;
  const foreign = (outer?.type === undefined ? outer?.cause : outer) as
    Partial<ForeignError> | null | undefined;
  if (foreign?.type === 'entity.parse.failed') {
    return new FleetdeckError('INVALID_INPUT', `The body is not valid JSON: ${messageOf(thrown)}.`, {
      fields: [{ field: 'body', message: 'must be valid JSON, in which there are no NaN and no infinities' }],
      cause: thrown,
    });
  }
  if (foreign?.type !== 'entity.too.large') return null;
  const limit = typeof foreign.limit === 'number' ? `${foreign.limit} bytes` : null;
  const most = limit === null ? '' : `; the limit is ${limit}`;
  return new FleetdeckError('PAYLOAD_TOO_LARGE', `The body is too large${most}. Send it in smaller parts.`, {
    fields: [{ field: 'body', message: limit === null ? 'is too large' : `must have at most ${limit}` }],
    cause: thrown,
  });
}

function isDatabaseAway(thrown: unknown): boolean {
  const code = (thrown as ForeignError | null | undefined)?.code;
  return (
    (typeof code === 'string' && DATABASE_AWAY.test(code)) || DATABASE_AWAY_WORDS.test(messageOf(thrown))
  );
}

/** What tells the errors of Node, PostgreSQL and Express apart; `expose` means that the message may go out. */
interface ForeignError {
  code: unknown;
  limit: unknown;
  type: unknown;
  status: unknown;
  expose: unknown;
}

function ofStatus(status: number, cause: unknown, fields?: FieldProblem[]): FleetdeckError {
  const code = STATUS_CODES[status] ?? (status < 500 ? 'INVALID_INPUT' : 'INTERNAL');
  return new FleetdeckError(code, code === 'INTERNAL' ? INTERNAL_DETAIL : messageOf(cause), {
    cause,
    ...(fields ? { fields } : {}),
  });
}

const INTERNAL_DETAIL =
  'The service failed to answer; its log holds the reason under the id of this request.';

// Duck-typed: the story service may load another copy of @nestjs/common.
function isHttpException(thrown: unknown): thrown is HttpException {
  if (thrown instanceof HttpException) return true;
  const candidate = thrown as Partial<HttpException> | null | undefined;
  return typeof candidate?.getStatus === 'function' && typeof candidate.getResponse === 'function';
}

function fieldsOf(response: string | object): FieldProblem[] | undefined {
  const { message } =
    typeof response === 'string' ? { message: undefined } : (response as { message?: unknown });
  if (!Array.isArray(message)) return undefined;
  return message
    .slice(0, MAX_FIELD_PROBLEMS)
    .map((line) => ({ field: String(line).replace(/ .*$/s, ''), message: String(line) }));
}
