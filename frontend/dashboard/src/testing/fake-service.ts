import { HttpClient, WebSocketManager, type ConnectSocket, type SocketEvents } from '@fleetdeck/client';
import {
  BROADCAST_CODES,
  problemOf,
  type BroadcastCodeName,
  type BroadcastRefusal,
  type FleetdeckErrorCode,
  type Session,
} from '@fleetdeck/dto';
import type { Connection } from '../connection.ts';
import { timeline } from './samples.ts';

/** What a request is answered with; `'never'` leaves it without one, `'unreachable'` fails it as a lost network does. */
export type Answer = { status: number; body?: unknown } | 'never' | 'unreachable';

/** An answer that is well. */
export const ok = (body?: unknown): Answer => (body === undefined ? { status: 204 } : { status: 200, body });

/** A refusal as the service words it. */
export function refusal(code: FleetdeckErrorCode, detail = `Refused with ${code}.`): Answer {
  const body = problemOf(code, detail);
  return { status: body.status, body };
}

/** A session without an end. */
export const session: Session = { subject: 'ada', role: 'admin', expiresAt: null, method: 'cookie' };

/** One request that came. */
export interface Asked {
  method: string;
  path: string;
  query: URLSearchParams;
  body: unknown;
}

/**
 * The service as the page sees it, without a network: `answers` by method and path, levers on the socket. It is
 * signed in and has nothing to show until told otherwise.
 */
export class FakeService {
  /** Every request so far, in order. */
  readonly asked: Asked[] = [];
  readonly answers = new Map<string, Answer | (() => Answer)>([
    ['GET /session', ok(session)],
    ['DELETE /session', ok()],
    ['GET /metrics/recent', ok({ asOf: new Date(0).toISOString(), stepMs: 5000, metrics: [] })],
    ['GET /metrics/names', ok({ metrics: [] })],
    ['GET /metrics/query', ok({ results: [] })],
    ['GET /alerts', ok({ alerts: [], asOf: new Date(0).toISOString(), position: null })],
    ['GET /incidents', ok({ items: [], nextCursor: null })],
    ['GET /silences', ok({ silences: [] })],
    ['GET /health/timeline', ok(timeline())],
    ['GET /health', ok({ overallStatus: 'healthy', components: {}, asOf: new Date(0).toISOString() })],
  ]);
  /** Set it to have the socket refused. */
  socketRefusal: BroadcastRefusal | null = null;
  readonly #sockets = new Set<SocketEvents>();
  #offset = 0;

  readonly http = new HttpClient({ fetch: this.#fetch(), random: () => 0 });
  readonly socket = new WebSocketManager(undefined, { connect: this.#connect(), random: () => 0.5 });

  /** The way to this service, for a page at a base path. */
  connection(basePath = ''): Connection {
    return { basePath, http: this.http, socket: this.socket };
  }

  /** How often a method and path were asked. */
  count(call: string): number {
    return this.asked.filter(({ method, path }) => `${method} ${path}` === call).length;
  }

  /** Whether the page holds a socket. */
  get connected(): boolean {
    return this.#sockets.size > 0;
  }

  /** Sends a message to the page. */
  publish(topic: string, data: unknown): void {
    this.#offset += 1;
    const at = new Date().toISOString();
    for (const events of this.#sockets)
      events.message({ topic, epoch: 'e1', offset: this.#offset, at, data });
  }

  /** Says why it closes the socket, and does. */
  closeSocket(code: BroadcastCodeName, reason = `Closed with ${code}.`): void {
    const { number, retryable } = BROADCAST_CODES[code];
    const notice = { code: number, reason, retryAfterMs: retryable ? 0 : null };
    for (const events of [...this.#sockets]) events.closing(notice);
  }

  // jsdom has neither fetch nor Response: this gives what the client reads of them.
  #fetch(): typeof fetch {
    const send = (url: string, { method = 'GET', body, signal }: RequestInit): Promise<unknown> => {
      const { pathname, searchParams } = new URL(url, 'http://service');
      const text = typeof body === 'string' ? body : 'null';
      this.asked.push({ method, path: pathname, query: searchParams, body: JSON.parse(text) as unknown });
      const given = this.answers.get(`${method} ${pathname}`) ?? refusal('NOT_FOUND');
      const answer = typeof given === 'function' ? given() : given;
      return new Promise((resolve, reject) => {
        signal?.addEventListener('abort', () => reject(new Error('aborted')));
        if (answer === 'never') return;
        if (answer === 'unreachable') return reject(new Error('fetch failed'));
        resolve({
          ok: answer.status < 400,
          status: answer.status,
          headers: { get: () => null },
          text: () => Promise.resolve(answer.body === undefined ? '' : JSON.stringify(answer.body)),
        });
      });
    };
    return send as unknown as typeof fetch;
  }

  #connect(): ConnectSocket {
    return (_target, events) => {
      let open = true;
      queueMicrotask(() => {
        if (!open) return;
        if (this.socketRefusal) return events.refused(this.socketRefusal, this.socketRefusal.message);
        this.#sockets.add(events);
        events.welcome({
          clientId: 'client-1',
          serverTime: new Date().toISOString(),
          heartbeatIntervalMs: 600_000,
          heartbeatTimeoutMs: 600_000,
        });
      });
      return {
        subscribe: ({ epoch }, answer) =>
          queueMicrotask(() => {
            if (open) answer({ ok: true, epoch: 'e1', offset: this.#offset, recovered: epoch === 'e1' });
          }),
        unsubscribe: () => undefined,
        auth: () => undefined,
        close: () => {
          open = false;
          this.#sockets.delete(events);
        },
      };
    };
  }
}
