import { STATUS_CODES, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { PROBLEM_MEDIA_TYPE } from '@fleetdeck/dto';
import {
  FleetdeckError,
  toFleetdeckError,
  type Principal,
  type PrincipalRequest,
  type PrincipalResolver,
} from '@fleetdeck/kernel';
import type { ResolvedBroadcastOptions } from '../broadcast.options.ts';
import { cutAfter, GOODBYE_MS } from '../limits/cut-after.ts';
import { withDeadline } from '../limits/with-deadline.ts';

/** How long recognising a caller may take. */
export const AUTH_DEADLINE_MS = 5000;
/** The longest token that is looked at. */
const MAX_TOKEN_LENGTH = 8192;

/** What is known of a caller before its socket is connected. */
export interface Handshake {
  /** `null` when neither cookie nor header named anybody; a token may follow. */
  principal: Principal | null;
  /** Why the cookie named nobody. */
  refusal: FleetdeckError | null;
}

/** Recognises callers, before the upgrade by their headers, after it by their token. */
export class Handshakes {
  constructor(
    private readonly options: ResolvedBroadcastOptions,
    private readonly resolver: PrincipalResolver | undefined,
  ) {}

  /**
   * Judges an upgrade request.
   * @throws FleetdeckError when it must not be upgraded
   */
  judge(request: IncomingMessage): Promise<Handshake> {
    const { cookie, authorization } = request.headers;
    const judged = this.judgeHeaders(request);
    const asksNobody = cookie === undefined && authorization === undefined && !this.options.allowRequest;
    return asksNobody ? judged : inTime(judged);
  }

  /**
   * Recognises the caller of an upgraded socket.
   * @throws FleetdeckError `UNAUTHENTICATED` or `SESSION_EXPIRED` when that fails
   */
  identify(handshake: Handshake, request: IncomingMessage, token: unknown): Promise<Principal> {
    return inTime(this.identifyByToken(handshake, request, token));
  }

  /**
   * Recognises the caller of a connected socket anew, by another token.
   * @throws FleetdeckError `UNAUTHENTICATED` or `SESSION_EXPIRED` when that fails
   */
  renew(request: IncomingMessage, token: unknown): Promise<Principal> {
    return inTime(this.identifyByToken({ principal: null, refusal: null }, request, token));
  }

  /** Whether the cookie of a connected socket still names somebody: its session may have been prolonged. */
  async prolonged(request: IncomingMessage): Promise<Principal | null> {
    try {
      return await inTime(this.resolve({ headers: request.headers }));
    } catch {
      return null;
    }
  }

  private async judgeHeaders(request: IncomingMessage): Promise<Handshake> {
    const { origin, host, cookie, authorization } = request.headers;
    if (!this.options.allowOrigin(origin, host)) {
      throw new FleetdeckError(
        'ORIGIN_REFUSED',
        `Pages of ${origin ?? 'no origin'} may not connect here; allow the origin in the service's settings.`,
      );
    }
    const allowed = (await this.options.allowRequest?.(request)) ?? true;
    if (allowed !== true) throw new FleetdeckError('FORBIDDEN', allowed || 'The request is not allowed.');
    if (cookie === undefined && authorization === undefined) return { principal: null, refusal: null };
    try {
      const principal = await this.resolve({ headers: request.headers });
      if (principal || authorization === undefined) return { principal, refusal: null };
      throw new FleetdeckError('UNAUTHENTICATED', 'The Authorization header names nobody known here.');
    } catch (error) {
      const refusal = toFleetdeckError(error);
      // A browser cannot read the answer to an upgrade, so a page learns of its dead cookie after it, by its code.
      if (authorization === undefined && refusal.category === 'unauthenticated') {
        return { principal: null, refusal };
      }
      throw refusal;
    }
  }

  private async identifyByToken(
    handshake: Handshake,
    request: IncomingMessage,
    token: unknown,
  ): Promise<Principal> {
    if (handshake.principal) return handshake.principal;
    if (typeof token === 'string' && token !== '' && token.length <= MAX_TOKEN_LENGTH) {
      const principal = await this.resolve({ headers: request.headers, token });
      if (principal) return principal;
      throw new FleetdeckError('UNAUTHENTICATED', 'The token names nobody known here; sign in again.');
    }
    throw handshake.refusal ?? new FleetdeckError('UNAUTHENTICATED', 'Sign in, then connect again.');
  }

  private async resolve(request: PrincipalRequest): Promise<Principal | null> {
    return (await this.resolver?.resolve(request)) ?? null;
  }
}

function inTime<T>(work: Promise<T>): Promise<T> {
  return withDeadline(
    work,
    AUTH_DEADLINE_MS,
    () => new FleetdeckError('TIMED_OUT', 'Recognising the caller took too long; try again.'),
  );
}

/** Answers an upgrade request with an HTTP error and ends its connection. */
export function refuseUpgrade(socket: Duplex, error: FleetdeckError): void {
  const problem = error.toProblem();
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? 'Error'}`,
    'Connection: close',
    `Content-Type: ${PROBLEM_MEDIA_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
  ];
  if (problem.retryAfterSeconds !== undefined) {
    head.push(`Retry-After: ${Math.ceil(problem.retryAfterSeconds)}`);
  }
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  cutAfter(socket, GOODBYE_MS);
}
