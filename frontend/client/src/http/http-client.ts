import type { Problem } from '@fleetdeck/dto';
import { backoffMs } from '../socket/backoff.ts';
import { errorOfProblem, errorOfStatus, FleetdeckHttpError } from './http-error.ts';

/** Options of {@link HttpClient}. */
export interface HttpClientOptions {
  /** What every path is put after, as `/portal` or `https://host`. @default '', the page's own origin */
  baseUrl?: string;
  /** @default the global fetch */
  fetch?: typeof fetch;
  /** Gives a bearer token, asked before each request; leave it out when a cookie signs the caller in. */
  getToken?: () => Promise<string | null>;
  /** 0 to 1 exclusive. @default Math.random */
  random?: () => number;
}

/** What a query parameter may be; a list is repeated, `undefined` and `null` are left out. */
export type QueryValue = string | number | boolean | null | undefined | readonly string[];

/** Options of a single request. */
export interface RequestOptions {
  query?: Readonly<Record<string, QueryValue>>;
  /** Ends the request; it then rejects with the signal's own reason. */
  signal?: AbortSignal;
  /** For the whole request with its repetitions, in milliseconds. @default 10000 */
  deadlineMs?: number;
}

/** Options of a request that changes something. */
export interface ChangeOptions extends RequestOptions {
  /** One for each intent, kept across repetitions. With it the request is repeated when that can help. */
  idempotencyKey?: string;
}

const DEADLINE_MS = 10_000;
const REPETITIONS = 2;
const WAIT = { minMs: 200, maxMs: 2_000 };

interface Call extends ChangeOptions {
  method: 'GET' | 'POST' | 'DELETE';
  path: string;
  body?: unknown;
}

/**
 * Speaks to a Fleetdeck service. Every failure is a {@link FleetdeckHttpError} with a code.
 *
 * @example
 * const http = new HttpClient();
 * const health = await http.get<HealthReport>('/api/v1/health');
 */
export class HttpClient {
  readonly #options: HttpClientOptions;
  readonly #baseUrl: string;
  readonly #random: () => number;

  constructor(options: HttpClientOptions = {}) {
    this.#options = options;
    this.#baseUrl = (options.baseUrl ?? '').replace(/\/+$/, '');
    this.#random = options.random ?? Math.random;
  }

  /** Reads; repeated up to twice when the service is away or busy. */
  get<T>(path: string, options: RequestOptions = {}): Promise<T> {
    return this.#call<T>({ ...options, method: 'GET', path }, REPETITIONS);
  }

  /** Changes; repeated only when `idempotencyKey` is given. */
  post<T>(path: string, body?: unknown, options: ChangeOptions = {}): Promise<T> {
    return this.#call<T>({ ...options, method: 'POST', path, body }, repetitionsOf(options));
  }

  /** Removes; repeated only when `idempotencyKey` is given. */
  delete<T = void>(path: string, options: ChangeOptions = {}): Promise<T> {
    return this.#call<T>({ ...options, method: 'DELETE', path }, repetitionsOf(options));
  }

  async #call<T>(call: Call, repetitions: number): Promise<T> {
    const deadlineMs = call.deadlineMs ?? DEADLINE_MS;
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), deadlineMs);
    const endAt = performance.now() + deadlineMs;
    const abort = () => limit.abort();
    call.signal?.addEventListener('abort', abort);
    try {
      for (let attempt = 0; ; attempt += 1) {
        try {
          call.signal?.throwIfAborted();
          return await this.#send<T>(call, limit.signal);
        } catch (thrown) {
          call.signal?.throwIfAborted();
          const error = limit.signal.aborted ? timedOut(deadlineMs) : asHttpError(thrown);
          const waitMs = this.#waitOf(error, attempt);
          const worthIt = error.retryable && attempt < repetitions && performance.now() + waitMs < endAt;
          if (!worthIt) throw error;
          await pause(waitMs, limit.signal);
        }
      }
    } finally {
      clearTimeout(timer);
      call.signal?.removeEventListener('abort', abort);
    }
  }

  async #send<T>(call: Call, signal: AbortSignal): Promise<T> {
    const token = await settled(this.#options.getToken?.() ?? Promise.resolve(null), signal);
    const send = this.#options.fetch ?? globalThis.fetch;
    const answer = await send(this.#baseUrl + call.path + queryOf(call.query), {
      method: call.method,
      credentials: 'same-origin',
      signal,
      headers: {
        Accept: 'application/json, application/problem+json',
        ...(call.body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
        ...(call.idempotencyKey === undefined ? {} : { 'Idempotency-Key': call.idempotencyKey }),
      },
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
    });
    const body = parse(await answer.text());
    if (answer.ok) {
      if (body !== NOT_JSON) return body as T;
      throw new FleetdeckHttpError(`The answer to ${call.path} is not JSON; check baseUrl.`, {
        code: 'INTERNAL',
        retryable: false,
        status: answer.status,
      });
    }
    throw isProblem(body)
      ? errorOfProblem(body)
      : errorOfStatus(answer.status, answer.headers.get('Retry-After'));
  }

  #waitOf(error: FleetdeckHttpError, attempt: number): number {
    const asked = (error.retryAfterSeconds ?? 0) * 1000;
    return Math.max(asked, backoffMs(attempt, WAIT, this.#random));
  }
}

/** By its shape: codes of a later version are good as well, and their table need not be loaded. */
function isProblem(body: unknown): body is Problem {
  const { code, status, detail } = (body ?? {}) as Partial<Problem>;
  return typeof code === 'string' && typeof status === 'number' && typeof detail === 'string';
}

function repetitionsOf(options: ChangeOptions): number {
  return options.idempotencyKey === undefined ? 0 : REPETITIONS;
}

function queryOf(query: RequestOptions['query']): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value === undefined || value === null) continue;
    const values = typeof value === 'object' ? value : [String(value)];
    for (const one of values) params.append(name, one);
  }
  return params.size === 0 ? '' : `?${params.toString()}`;
}

const NOT_JSON = Symbol('not JSON');

// What is not JSON comes from something between, as a proxy or the page's own server.
function parse(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return NOT_JSON;
  }
}

function asHttpError(thrown: unknown): FleetdeckHttpError {
  if (thrown instanceof FleetdeckHttpError) return thrown;
  return new FleetdeckHttpError('The service cannot be reached; check the network and try again.', {
    code: 'NETWORK',
    retryable: true,
    status: null,
    cause: thrown,
  });
}

function timedOut(deadlineMs: number): FleetdeckHttpError {
  return new FleetdeckHttpError(`The service did not answer within ${deadlineMs / 1000} s; try again.`, {
    code: 'TIMED_OUT',
    retryable: true,
    status: null,
  });
}

/** `work`, or a rejection as soon as the signal is aborted. */
function settled<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const stop = () => reject(new Error('aborted'));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop);
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

/** Waits, or no longer once the signal is aborted. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
