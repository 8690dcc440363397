import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { createServer, request, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { io, type Socket } from 'socket.io-client';
import { createTestDatabase, type TestDatabase } from '@fleetdeck/kernel/testing';
import { mintToken } from './access/tokens.ts';
import { CHECKOUT } from './checkout.ts';
import { readEnvironment } from './environment/environment.ts';
import { createLogger } from './logging/logger.ts';
import { startService, type RunningService } from './start-service.ts';
import { SystemSampler } from './telemetry/system-sampler.ts';

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

let database: TestDatabase;
let dataDir: string;

beforeAll(async () => {
  database = await createTestDatabase();
  dataDir = mkdtempSync(join(tmpdir(), 'fleetdeck-service-'));
  // As root, PostgreSQL runs as somebody else, who must be able to pass.
  chmodSync(dataDir, 0o711);
});

afterAll(async () => {
  await database.drop();
  rmSync(dataDir, { recursive: true, force: true });
});

function start(variables: Record<string, string> = {}): Promise<RunningService> {
  const environment = readEnvironment({
    PORT: '0',
    DATABASE_URL: database.url,
    FLEETDECK_DATA_DIR: dataDir,
    ...variables,
  });
  return startService(environment, createLogger('silent'), () => undefined);
}

/** Plain HTTP: fetch would not let a test name its Host and Origin. */
function ask(
  url: string,
  options: { method?: string; headers?: Record<string, string>; body?: unknown } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const body = options.body === undefined ? undefined : JSON.stringify(options.body);
    const outgoing = request(
      url,
      {
        method: options.method ?? 'GET',
        headers: {
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...options.headers,
        },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
        );
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

const json = (answer: Answer): Record<string, unknown> => JSON.parse(answer.body) as Record<string, unknown>;
const cookieOf = (answer: Answer): string => answer.headers['set-cookie']?.[0]?.split(';', 1)[0] ?? '';

describe('a service on loopback with nothing configured', () => {
  const DEV = 'Bearer developer-token-0001';
  let service: RunningService;

  beforeAll(async () => {
    service = await start({ FLEETDECK_DEV_TOKEN: 'developer-token-0001' });
  });

  afterAll(() => service.close());

  it('is ready when it says so', async () => {
    expect((await ask(`${service.url}/health/ready`)).status).toBe(200);
    expect((await ask(`${service.url}/health/live`)).status).toBe(200);
  });

  it('signs a browser in by its link, once', async () => {
    const link = service.signInUrl ?? '';
    expect(link.startsWith(`${service.url}/sign-in/link?code=`)).toBe(true);
    const first = await ask(link);
    expect([first.status, first.headers.location]).toEqual([303, '/']);
    const flags = first.headers['set-cookie']?.[0] ?? '';
    expect(flags).toContain('HttpOnly');
    expect(flags).toContain('SameSite=Strict');
    expect(flags).not.toContain('Secure');
    const session = await ask(`${service.url}/api/v1/session`, { headers: { cookie: cookieOf(first) } });
    expect(json(session)).toMatchObject({ subject: 'local operator', role: 'admin', method: 'cookie' });

    const second = await ask(link);
    expect([second.status, second.headers.location]).toEqual([303, '/sign-in?problem=link']);
    expect(second.headers['set-cookie']).toBeUndefined();
    expect((await ask(`${service.url}/sign-in/link?code=nonsense`)).headers.location).toBe(
      '/sign-in?problem=link',
    );
    expect((await ask(`${service.url}/sign-in/link`)).headers.location).toBe('/sign-in?problem=link');
  });

  it('exchanges a token for a cookie and ends it on sign-out', async () => {
    const entered = await ask(`${service.url}/api/v1/session`, {
      method: 'POST',
      body: { token: 'developer-token-0001' },
    });
    expect(json(entered)).toMatchObject({ subject: 'developer', role: 'admin', method: 'cookie' });
    const headers = { cookie: cookieOf(entered) };
    expect((await ask(`${service.url}/api/v1/session`, { headers })).status).toBe(200);
    const left = await ask(`${service.url}/api/v1/session`, { method: 'DELETE', headers });
    expect(left.status).toBe(204);
    expect(left.headers['set-cookie']?.[0]).toContain('Max-Age=0');
    expect(json(await ask(`${service.url}/api/v1/session`, { headers }))).toMatchObject({
      status: 401,
      code: 'UNAUTHENTICATED',
    });
    expect((await ask(`${service.url}/api/v1/session`, { method: 'DELETE' })).status).toBe(204);
  });

  it('refuses a token that it does not know, and a body without one', async () => {
    const refused = await ask(`${service.url}/api/v1/session`, { method: 'POST', body: { token: 'wrong' } });
    expect(json(refused)).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
    const empty = await ask(`${service.url}/api/v1/session`, { method: 'POST', body: {} });
    expect(json(empty)).toMatchObject({
      status: 400,
      code: 'INVALID_INPUT',
      fields: [{ field: 'token' }, {}, {}],
    });
  });

  it('says that a session has expired, which is not the same as never having been', async () => {
    const entered = await ask(`${service.url}/api/v1/session`, {
      method: 'POST',
      body: { token: 'developer-token-0001' },
    });
    await database.dataSource.query(`update fleetdeck.session set expires_at = now() - interval '1 minute'`);
    const answer = await ask(`${service.url}/api/v1/session`, { headers: { cookie: cookieOf(entered) } });
    expect(json(answer)).toMatchObject({ status: 401, code: 'SESSION_EXPIRED' });
  });

  it('has rules of its own, evaluates them and shows what fires', async () => {
    const headers = { authorization: DEV };
    const answer = await ask(`${service.url}/api/v1/alerts`, { headers });
    expect([answer.status, json(answer)]).toMatchObject([200, { alerts: expect.any(Array), position: {} }]);
    expect(json(await ask(`${service.url}/api/v1/incidents?state=open`, { headers }))).toMatchObject({
      nextCursor: null,
    });
    const { components } = json(await ask(`${service.url}/api/v1/health`, { headers })) as {
      components: Record<string, unknown>;
    };
    expect(components).toHaveProperty('alerting');
    expect(components).not.toHaveProperty('port:AlertSink');
  });

  it('answers 401 to nobody on every route that is not public', async () => {
    for (const path of [
      '/api/v1/health',
      '/api/v1/alerts',
      '/api/v1/incidents',
      '/api/v1/silences',
      '/api/v1/metrics/names',
      '/api/v1/session',
      '/api/docs',
      '/api/openapi.json',
      '/api/docs/openapi.yaml',
    ]) {
      expect([path, (await ask(service.url + path)).status]).toEqual([path, 401]);
    }
    expect(
      (await ask(`${service.url}/api/v1/metrics/points`, { method: 'POST', body: { points: [] } })).status,
    ).toBe(401);
  });

  it('refuses a page that rebound its own name to this address', async () => {
    const answer = await ask(`${service.url}/api/v1/health`, {
      headers: { host: 'evil.example', authorization: DEV },
    });
    expect(json(answer)).toMatchObject({ status: 403, code: 'HOST_REFUSED' });
  });

  it.each(['http://evil.example', 'null'])(
    'refuses a request of the page %s, cookie or not',
    async (origin) => {
      const answer = await ask(`${service.url}/api/v1/session`, {
        method: 'DELETE',
        headers: { origin, authorization: DEV },
      });
      expect(json(answer)).toMatchObject({ status: 403, code: 'ORIGIN_REFUSED' });
    },
  );

  it('refuses a change that a cross-site form sends without an Origin', async () => {
    const headers = { 'sec-fetch-site': 'cross-site', authorization: DEV };
    expect((await ask(`${service.url}/api/v1/session`, { method: 'DELETE', headers })).status).toBe(403);
    expect((await ask(`${service.url}/api/v1/session`, { headers })).status).toBe(200);
  });

  it('answers probes whatever name they use, since they tell nothing', async () => {
    expect((await ask(`${service.url}/health/ready`, { headers: { host: '10.1.2.3' } })).status).toBe(200);
  });

  it('takes points of a name that nobody declared and answers for the window that ends now', async () => {
    const headers = { authorization: DEV };
    const sent = await ask(`${service.url}/api/v1/metrics/points`, {
      method: 'POST',
      headers,
      body: {
        points: [
          { name: 'orders_open', value: 42 },
          { name: 'orders_open', value: 44 },
        ],
      },
    });
    expect([sent.status, json(sent)]).toEqual([202, { accepted: 2, rejected: [], rejectedCount: 0 }]);
    const query = '?metricName=orders_open&timeWindow=1m&aggregation=avg';
    const answer = json(await ask(`${service.url}/api/v1/metrics/query${query}`, { headers }));
    expect(answer['results']).toMatchObject([{ metricName: 'orders_open', points: [{ value: 43 }] }]);
  });

  it('refuses points in a body of 10 MB and names its limit', async () => {
    const sent = await ask(`${service.url}/api/v1/metrics/points`, {
      method: 'POST',
      headers: { authorization: DEV },
      body: { points: [{ name: 'x'.repeat(10 * 2 ** 20), value: 1 }] },
    });
    expect([sent.status, json(sent)['code'], json(sent)['detail']]).toEqual([
      413,
      'PAYLOAD_TOO_LARGE',
      'The body is too large; the limit is 2097152 bytes. Send it in smaller parts.',
    ]);
  });

  it('refuses a question with very many labels and says what is too large', async () => {
    const labels = Array.from({ length: 100_000 }, (_label, i) => `labels=l${i}:x`).join('&');
    const query = `metricName=orders_open&timeWindow=1m&aggregation=avg&${labels}`;
    const answer = await ask(`${service.url}/api/v1/metrics/query?${query}`, {
      headers: { authorization: DEV },
    });
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(json(answer)).toMatchObject({
      status: 413,
      code: 'PAYLOAD_TOO_LARGE',
      fields: [{ field: 'url', message: 'must have, with the headers, at most 16 KiB' }],
    });
  });

  it('measures itself every second', async () => {
    const headers = { authorization: DEV };
    const query = '?metricName=fleetdeck_process_memory_bytes&timeWindow=1m&aggregation=last';
    const read = async (): Promise<{ points: { value: number | null }[] }[]> =>
      json(await ask(`${service.url}/api/v1/metrics/query${query}`, { headers }))['results'] as never;
    const socket = connect({ token: 'developer-token-0001' });
    await new Promise<void>((resolve, reject) => {
      socket.on('connect_error', reject);
      socket.on('message', () => resolve());
      socket.emit(
        'subscribe',
        { topic: 'metrics.fleetdeck_process_memory_bytes' },
        (reply: { ok: boolean }) => {
          if (!reply.ok) reject(new Error('refused'));
        },
      );
    });
    socket.close();
    expect((await read())[0]?.points[0]?.value).toBeGreaterThan(1e6);
  });

  it('describes its interface from the validation classes', async () => {
    const document = json(
      await ask(`${service.url}/api/openapi.json`, { headers: { authorization: DEV } }),
    ) as {
      paths: Record<string, Record<string, { requestBody?: unknown }>>;
      components: { schemas: Record<string, { required?: string[]; properties?: Record<string, unknown> }> };
    };
    expect(document.paths['/api/v1/metrics/points']?.['post']?.requestBody).toMatchObject({
      content: { 'application/json': { schema: { $ref: '#/components/schemas/MetricPointsDto' } } },
    });
    expect(document.components.schemas['MetricPointDto']).toMatchObject({
      required: ['name', 'value'],
      properties: { name: { maxLength: 200 }, at: { type: 'string' } },
    });
    expect(document.components.schemas['StatusTrackingDto']?.properties?.['stages']).toMatchObject({
      items: { $ref: '#/components/schemas/StageDto' },
    });
    expect(document.components.schemas['SignInDto']?.required).toEqual(['token']);
    const explorer = await ask(`${service.url}/api/docs`, { headers: { authorization: DEV } });
    expect([explorer.status, explorer.headers['content-type']?.split(';')[0]]).toEqual([200, 'text/html']);
  });

  it('answers an address that nobody has with a problem and the id of the request', async () => {
    const answer = await ask(`${service.url}/api/v1/nothing`, { headers: { 'x-request-id': 'abc-1' } });
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.headers['x-request-id']).toBe('abc-1');
    expect(json(answer)).toMatchObject({ status: 404, code: 'NOT_FOUND', instance: 'abc-1' });
    expect(
      (await ask(`${service.url}/api/v1/nothing`, { headers: { 'x-request-id': 'not plain' } })).headers[
        'x-request-id'
      ],
    ).not.toContain(' ');
  });

  it('tells browsers to load nothing from elsewhere and to be framed by nobody', async () => {
    const policy = (await ask(`${service.url}/api/v1/health`)).headers['content-security-policy'] ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toContain('unsafe');
    expect(policy).toContain("frame-ancestors 'none'");
  });

  it('lets a socket in with its cookie, and none from another page', async () => {
    const cookie = cookieOf(
      await ask(`${service.url}/api/v1/session`, { method: 'POST', body: { token: 'developer-token-0001' } }),
    );
    const own = connect({ headers: { cookie, origin: service.url } });
    await new Promise<void>((resolve, reject) => own.on('connect', resolve).on('connect_error', reject));
    const closed = new Promise<number | undefined>((resolve) =>
      own.on('disconnect', (_why, details) =>
        resolve((details as { context?: { code?: number } } | undefined)?.context?.code),
      ),
    );
    const foreignHeaders: Record<string, string>[] = [
      { cookie, origin: 'http://evil.example' },
      { cookie, host: 'evil.example' },
    ];
    for (const headers of foreignHeaders) {
      const foreign = connect({ headers });
      const refused = await new Promise<boolean>((resolve) =>
        foreign.on('connect', () => resolve(false)).on('connect_error', () => resolve(true)),
      );
      foreign.close();
      expect(refused).toBe(true);
    }
    const other = connect({ token: 'developer-token-0001' });
    await new Promise<void>((resolve, reject) => other.on('connect', resolve).on('connect_error', reject));
    await ask(`${service.url}/api/v1/session`, { method: 'DELETE', headers: { cookie } });
    // The page that was signed in by that cookie is cut off, the same person's script is not.
    await expect(closed).resolves.toBe(4402);
    expect(other.connected).toBe(true);
    other.close();
  });

  function connect({ token, headers }: { token?: string; headers?: Record<string, string> }): Socket {
    return io(service.url, {
      path: '/ws/platform',
      transports: ['websocket'],
      reconnection: false,
      forceNew: true,
      ...(token === undefined ? {} : { auth: { token } }),
      ...(headers === undefined ? {} : { extraHeaders: headers }),
    });
  }
});

describe('a service with a shared secret, a base path and a foreign page that may call', () => {
  const SECRET = 'a secret that is longer than thirty-two characters';
  let service: RunningService;

  beforeAll(async () => {
    service = await start({
      FLEETDECK_JWT_SECRET: SECRET,
      BASE_PATH: '/ops',
      TRUST_PROXY: 'loopback',
      FLEETDECK_ALLOWED_ORIGINS: 'https://portal.example.com',
      FLEETDECK_PUBLIC_URL: 'https://portal.example.com/ops',
    });
  });

  afterAll(() => service.close());

  it('prints no sign-in link', () => {
    expect(service.signInUrl).toBeNull();
  });

  it('serves everything below its base path, and probes at the root', async () => {
    const headers = { authorization: `Bearer ${await mintToken(SECRET, { subject: 'ci', role: 'viewer' })}` };
    expect(service.url.endsWith('/ops')).toBe(true);
    expect((await ask(`${service.url}/api/v1/health`, { headers })).status).toBe(200);
    expect((await ask(`${service.url}/api/openapi.json`, { headers })).status).toBe(200);
    expect((await ask(`${new URL(service.url).origin}/health/ready`)).status).toBe(200);
  });

  it('lets a viewer read and not act', async () => {
    const headers = { authorization: `Bearer ${await mintToken(SECRET, { subject: 'ci', role: 'viewer' })}` };
    const answer = await ask(`${service.url}/api/v1/metrics/points`, {
      method: 'POST',
      headers,
      body: { points: [] },
    });
    expect(json(answer)).toMatchObject({ status: 403, code: 'FORBIDDEN' });
  });

  it('answers its foreign page and gives it a cookie for secure pages only', async () => {
    const origin = 'https://portal.example.com';
    const answer = await ask(`${service.url}/api/v1/session`, {
      method: 'POST',
      headers: { host: 'portal.example.com', origin, 'x-forwarded-proto': 'https' },
      body: { token: await mintToken(SECRET, { subject: 'ada', role: 'operator' }) },
    });
    expect(answer.headers['access-control-allow-origin']).toBe(origin);
    expect(answer.headers['set-cookie']?.[0]).toMatch(/Path=\/ops;.*Secure/);
    expect(answer.headers['set-cookie']?.[0]).toContain('fleetdeck_session_443=');
  });

  it('shares a session with another replica on the same database', async () => {
    const token = await mintToken(SECRET, { subject: 'ada', role: 'operator' });
    const entered = await ask(`${service.url}/api/v1/session`, { method: 'POST', body: { token } });
    const other = await start({
      FLEETDECK_JWT_SECRET: SECRET,
      FLEETDECK_PUBLIC_URL: 'https://portal.example.com/ops',
    });
    const seen = await ask(`${other.url}/api/v1/session`, { headers: { cookie: cookieOf(entered) } });
    await other.close();
    expect(json(seen)).toMatchObject({ subject: 'ada', role: 'operator' });
  });
});

describe('a service that is closed', () => {
  it('is no longer ready before any of its parts stops, and answers on meanwhile', async () => {
    const service = await start({ FLEETDECK_DEV_TOKEN: 'developer-token-0001' });
    const seen: number[] = [];
    const parts: { onModuleDestroy(): void | Promise<void> } = SystemSampler.prototype;
    const stopping = jest.spyOn(parts, 'onModuleDestroy');
    stopping.mockImplementation(async function (this: SystemSampler) {
      seen.push((await ask(`${service.url}/health/ready`)).status);
      seen.push((await ask(`${service.url}/health/live`)).status);
      stopping.mockRestore();
      await this.onModuleDestroy();
    });
    await service.close();
    expect(seen).toEqual([503, 200]);
  });
});

describe('a service whose Redis does not answer', () => {
  it('starts, and says that its clients hear nothing of other replicas', async () => {
    const service = await start({
      FLEETDECK_DEV_TOKEN: 'developer-token-0001',
      REDIS_URL: 'redis://user:hidden@127.0.0.1:1/0',
    });
    try {
      const headers = { authorization: 'Bearer developer-token-0001' };
      const told = async (): Promise<string> => {
        const { body } = await ask(`${service.url}/api/v1/health`, { headers });
        const { components } = JSON.parse(body) as { components: Record<string, { reason?: string }> };
        return components['broadcast']?.reason ?? '';
      };
      let reason = '';
      while (!(reason = await told()).includes('Redis does not answer')) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      expect(reason).not.toContain('hidden');
      expect((await ask(`${service.url}/health/ready`)).status).toBe(200);
    } finally {
      await service.close();
    }
  });
});

describe('a service that cannot start', () => {
  let taken: Server;

  beforeAll(async () => {
    taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  });

  afterAll(() => new Promise((resolve) => taken.close(resolve)));

  /** Runs the program as a person would. */
  function run(
    variables: Record<string, string>,
  ): Promise<{ code: number | null; stderr: string; stdout: string }> {
    return new Promise((resolve) => {
      const child = spawn(
        process.execPath,
        ['--import', './tools/ts-loader.mjs', 'backend/service/src/main.ts'],
        {
          cwd: CHECKOUT,
          env: {
            PATH: process.env['PATH'],
            PORT: '0',
            LOG_LEVEL: 'fatal',
            FLEETDECK_DATA_DIR: dataDir,
            ...variables,
          },
        },
      );
      const output = { stderr: '', stdout: '' };
      child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
      child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
      child.once('exit', (code) => resolve({ code, ...output }));
    });
  }

  const withPath = (change: (url: URL) => void): string => {
    const url = new URL(database.url);
    change(url);
    return url.href;
  };
  const port = (): string => String((taken.address() as AddressInfo).port);

  it.each<[string, () => Record<string, string>, RegExp]>([
    ['a variable that is wrong', () => ({ PORT: 'x' }), /PORT is "x"; expected a whole number/],
    [
      'several variables that are wrong',
      () => ({ PORT: 'x', LOG_LEVEL: 'y' }),
      /- PORT is "x"[^]*- LOG_LEVEL is "y"/,
    ],
    [
      'an address with nobody there',
      () => ({ DATABASE_URL: 'postgres://u:hunter2@127.0.0.1:1/x' }),
      /DATABASE_URL: nothing listens on 127\.0\.0\.1:1/,
    ],
    [
      'a host that is not there',
      () => ({ DATABASE_URL: 'postgres://u:p@host.invalid/x' }),
      /no host named "host\.invalid"/,
    ],
    [
      'a wrong password',
      () => ({ DATABASE_URL: withPath((url) => (url.password = 'hunter2')) }),
      /refuses user "/,
    ],
    [
      'no such database',
      () => ({ DATABASE_URL: withPath((url) => (url.pathname = '/nothing')) }),
      /has no database "nothing"/,
    ],
    [
      'a port in use',
      () => ({ DATABASE_URL: database.url, PORT: port() }),
      /PORT \d+ on 127\.0\.0\.1 is in use by another program/,
    ],
    [
      'an address of another machine',
      () => ({ DATABASE_URL: database.url, HOST: '192.0.2.1', FLEETDECK_JWT_SECRET: 's'.repeat(32) }),
      /HOST 192\.0\.2\.1 is not an address of this machine/,
    ],
    [
      'a data folder that is a file',
      () => ({ FLEETDECK_DATA_DIR: fileInPlace() }),
      /is a file|not a folder|cannot/,
    ],
    ['a data folder of another major', () => ({ FLEETDECK_DATA_DIR: clusterOf('9.6') }), /9\.6/],
    [
      'a data folder that holds something else',
      () => ({ FLEETDECK_DATA_DIR: clusterOf(null) }),
      /PG_VERSION|damaged|corrupt/,
    ],
  ])('for %s says so in a sentence and exits with 1', async (_what, variables, sentence) => {
    const { code, stderr, stdout } = await run(variables());
    expect(stderr).toMatch(/^Fleetdeck cannot start\. /);
    expect(stderr).toMatch(sentence);
    expect(stderr).not.toMatch(/\n\s+at |hunter2/);
    expect(stdout).toBe('');
    expect(code).toBe(1);
  });

  function fileInPlace(): string {
    const path = join(dataDir, 'a-file');
    writeFileSync(path, '');
    return path;
  }

  function clusterOf(version: string | null): string {
    const dir = join(dataDir, `cluster-${version ?? 'none'}`);
    mkdirSync(join(dir, 'postgres'), { recursive: true });
    writeFileSync(join(dir, 'postgres', version === null ? 'something' : 'PG_VERSION'), `${version ?? ''}\n`);
    return dir;
  }
});
