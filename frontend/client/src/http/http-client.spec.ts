import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { problemOf } from '@fleetdeck/dto';
import { HttpClient, type HttpClientOptions } from './http-client.ts';
import { FleetdeckHttpError } from './http-error.ts';

interface Answer {
  status: number;
  body: string;
  headers?: Record<string, string>;
}
type Scripted = Answer | Error | 'never';

const json = (body: unknown, status = 200): Answer => ({ status, body: JSON.stringify(body) });

let calls: { url: string; init: RequestInit }[];
let script: Scripted[];

// jsdom has neither fetch nor Response: this has what the client reads of them.
const fakeFetch = ((url: string, init: RequestInit) => {
  calls.push({ url, init });
  const next = script.shift();
  return new Promise((resolve, reject) => {
    const { signal } = init;
    const stop = () => reject(new Error('aborted'));
    if (signal?.aborted) return stop();
    signal?.addEventListener('abort', stop);
    if (next === undefined) return reject(new Error('the script is over'));
    if (next === 'never') return;
    if (next instanceof Error) return reject(next);
    resolve({
      ok: next.status < 400,
      status: next.status,
      headers: { get: (name: string) => next.headers?.[name] ?? null },
      text: () => Promise.resolve(next.body),
    });
  });
}) as unknown as typeof fetch;

function client(options: HttpClientOptions = {}): HttpClient {
  return new HttpClient({ fetch: fakeFetch, random: () => 0, ...options });
}

/** What a call came to, with the clock running. */
async function outcome(call: Promise<unknown>): Promise<unknown> {
  const settled = call.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  await jest.advanceTimersByTimeAsync(60_000);
  const result = await settled;
  return 'error' in result ? result.error : result.value;
}

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['queueMicrotask'] });
  calls = [];
  script = [];
});
afterEach(() => {
  expect(jest.getTimerCount()).toBe(0);
  jest.useRealTimers();
});

describe('a request', () => {
  it('goes to the base URL and the path, with its query, and gives the parsed answer', async () => {
    script = [json({ fine: true })];
    const query = { name: 'a b', n: 3, on: false, tags: ['x', 'y'], none: undefined, nil: null };
    expect(await outcome(client({ baseUrl: '/portal//' }).get('/api/v1/things', { query }))).toEqual({
      fine: true,
    });
    expect(calls[0]?.url).toBe('/portal/api/v1/things?name=a+b&n=3&on=false&tags=x&tags=y');
    expect(calls[0]?.init).toMatchObject({ method: 'GET', credentials: 'same-origin' });
    expect(calls[0]?.init.headers).toEqual({ Accept: 'application/json, application/problem+json' });
    expect(calls[0]?.init).not.toHaveProperty('body');
  });

  it('that changes carries JSON, the token and the key of its intent', async () => {
    script = [json({ id: 1 }, 201)];
    const http = client({ getToken: () => Promise.resolve('secret') });
    await outcome(http.post('/things', { name: 'x' }, { idempotencyKey: 'once' }));
    expect(calls[0]?.init).toMatchObject({
      method: 'POST',
      body: '{"name":"x"}',
      headers: {
        'Content-Type': 'application/json',
        Authorization: 'Bearer secret',
        'Idempotency-Key': 'once',
      },
    });
  });

  it('without a token sends none', async () => {
    script = [json(1)];
    await outcome(client({ getToken: () => Promise.resolve(null) }).get('/x'));
    expect(calls[0]?.init.headers).not.toHaveProperty('Authorization');
  });

  it('may be answered with nothing', async () => {
    script = [{ status: 204, body: '' }];
    expect(await outcome(client().delete('/things/1'))).toBeUndefined();
    expect(calls[0]?.init.method).toBe('DELETE');
  });

  it('uses the fetch of the page when none is given', async () => {
    script = [json('global')];
    Object.assign(globalThis, { fetch: fakeFetch });
    expect(await outcome(new HttpClient().get('/x'))).toBe('global');
    Reflect.deleteProperty(globalThis, 'fetch');
  });
});

describe('a failure', () => {
  it('is the problem that the service said, with its code and fields', async () => {
    const fields = [{ field: 'name', message: 'Give a name.' }];
    script = [json(problemOf('INVALID_INPUT', 'The name is missing.', { fields, instance: 'r-1' }), 400)];
    const error = await outcome(client().get('/x'));
    expect(error).toBeInstanceOf(FleetdeckHttpError);
    expect(error).toMatchObject({
      name: 'FleetdeckHttpError',
      message: 'The name is missing.',
      code: 'INVALID_INPUT',
      status: 400,
      retryable: false,
      fields,
      instance: 'r-1',
    });
    expect(calls).toHaveLength(1);
  });

  it.each([
    [401, 'UNAUTHENTICATED', false],
    [404, 'NOT_FOUND', false],
    [418, 'INVALID_INPUT', false],
    [500, 'INTERNAL', false],
    [502, 'OVERLOADED', true],
  ])('with status %i and no problem of ours has code %s', async (status, code, retryable) => {
    script = Array.from({ length: 3 }, () => ({ status, body: '<html>no</html>' }));
    expect(await outcome(client().get('/x'))).toMatchObject({ code, status, retryable, fields: [] });
    expect(calls).toHaveLength(retryable ? 3 : 1);
  });

  it('of the network has a code, a sentence and its cause', async () => {
    const cause = new TypeError('Failed to fetch');
    script = [cause, cause, cause];
    expect(await outcome(client().get('/x'))).toMatchObject({
      code: 'NETWORK',
      status: null,
      retryable: true,
      message: expect.stringMatching(/cannot be reached/),
      cause,
    });
  });

  it('is said too when the answer is not JSON, as that of the page itself', async () => {
    script = [{ status: 200, body: '<!doctype html>' }];
    expect(await outcome(client().get('/x'))).toMatchObject({
      code: 'INTERNAL',
      status: 200,
      message: 'The answer to /x is not JSON; check baseUrl.',
    });
  });
});

describe('repeating', () => {
  it('helps a GET up to twice', async () => {
    script = [new Error('gone'), json(problemOf('OVERLOADED', 'Busy.'), 503), json('there')];
    expect(await outcome(client().get('/x'))).toBe('there');
    expect(calls).toHaveLength(3);
  });

  it('is not done for a POST or DELETE, as it may have been carried out', async () => {
    script = [new Error('gone'), new Error('gone')];
    expect(await outcome(client().post('/x'))).toMatchObject({ code: 'NETWORK' });
    expect(await outcome(client().delete('/x'))).toMatchObject({ code: 'NETWORK' });
    expect(calls).toHaveLength(2);
  });

  it('is done for a POST that names its intent, with the same key', async () => {
    script = [new Error('gone'), json('done')];
    expect(await outcome(client().post('/x', {}, { idempotencyKey: 'k' }))).toBe('done');
    expect(calls.map(({ init }) => (init.headers as Record<string, string>)['Idempotency-Key'])).toEqual([
      'k',
      'k',
    ]);
  });

  it('waits as long as the service asked', async () => {
    script = [{ status: 503, body: '', headers: { 'Retry-After': '3' } }, json('there')];
    const call = client().get('/x');
    await jest.advanceTimersByTimeAsync(2_999);
    expect(calls).toHaveLength(1);
    expect(await outcome(call)).toBe('there');
  });

  it('is left when the service asks for more time than there is', async () => {
    const busy = json(problemOf('RATE_LIMITED', 'Later.', { retryAfterSeconds: 60 }), 429);
    script = [busy];
    expect(await outcome(client().get('/x'))).toMatchObject({ code: 'RATE_LIMITED', retryAfterSeconds: 60 });
    expect(calls).toHaveLength(1);
  });
});

describe('the deadline', () => {
  it('ends a request that is not answered', async () => {
    script = ['never'];
    const call = client().get('/x');
    const failed = expect(call).rejects.toMatchObject({
      code: 'TIMED_OUT',
      retryable: true,
      message: expect.stringContaining('10 s'),
    });
    await jest.advanceTimersByTimeAsync(9_999);
    expect(jest.getTimerCount()).toBe(1);
    await jest.advanceTimersByTimeAsync(1);
    await failed;
  });

  it('holds for the token too', async () => {
    const http = client({ getToken: () => new Promise(() => undefined) });
    expect(await outcome(http.get('/x', { deadlineMs: 500 }))).toMatchObject({ code: 'TIMED_OUT' });
    expect(calls).toEqual([]);
  });
});

describe('a signal', () => {
  it('ends the request with its own reason, under way or before', async () => {
    const reason = new Error('left the page');
    const stop = new AbortController();
    script = ['never'];
    const call = client().get('/x', { signal: stop.signal });
    const failed = expect(call).rejects.toBe(reason);
    await jest.advanceTimersByTimeAsync(0);
    stop.abort(reason);
    await failed;
    expect(await outcome(client().get('/x', { signal: stop.signal }))).toBe(reason);
    expect(calls).toHaveLength(1);
  });

  it('ends the wait for another attempt', async () => {
    const reason = new Error('left the page');
    const stop = new AbortController();
    script = [{ status: 503, body: '', headers: { 'Retry-After': '5' } }];
    const call = client().get('/x', { signal: stop.signal });
    const failed = expect(call).rejects.toBe(reason);
    await jest.advanceTimersByTimeAsync(1_000);
    stop.abort(reason);
    await failed;
    expect(calls).toHaveLength(1);
  });
});
