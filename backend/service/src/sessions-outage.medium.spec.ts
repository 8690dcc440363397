import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '@fleetdeck/postgres';
import type { HealthReport } from '@fleetdeck/dto';
import { readEnvironment } from './environment/environment.ts';
import { createLogger } from './logging/logger.ts';
import { startService, type RunningService } from './start-service.ts';

const TOKEN = 'developer-token-0001';

let dataDir: string;
let server: EmbeddedPostgres;
let service: RunningService;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'fleetdeck-sessions-'));
  // As root, PostgreSQL runs as somebody else, who must be able to pass.
  chmodSync(dataDir, 0o711);
  server = await startEmbeddedPostgres({ dataDir, settings: { fsync: 'off' } });
  const environment = readEnvironment({
    PORT: '0',
    DATABASE_URL: server.url,
    FLEETDECK_DATA_DIR: dataDir,
    FLEETDECK_DEV_TOKEN: TOKEN,
  });
  service = await startService(environment, createLogger('silent'), () => undefined);
});

afterAll(async () => {
  jest.restoreAllMocks();
  await service.close();
  await server.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

const ask = (path: string, headers: Record<string, string>) => fetch(service.url + path, { headers });
const reportOf = async (answer: Response) => (await answer.json()) as HealthReport;

async function signIn(): Promise<{ cookie: string }> {
  const answer = await fetch(`${service.url}/api/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token: TOKEN }),
  });
  return { cookie: answer.headers.get('set-cookie')?.split(';', 1)[0] ?? '' };
}

describe('operators who are signed in while PostgreSQL is away', () => {
  it('see the outage and since when, and that the past is not complete', async () => {
    const known = await signIn();
    const unknown = await signIn();
    expect((await ask('/api/v1/session', known)).status).toBe(200);
    const stoppedAt = Date.now();
    await server.stop();
    const bearer = { authorization: `Bearer ${TOKEN}` };
    const noticed = async () =>
      (await reportOf(await ask('/api/v1/health', bearer))).components['postgres']?.status === 'critical';
    while (!(await noticed())) await new Promise((resolve) => setTimeout(resolve, 100));
    const { now } = Date;
    jest.spyOn(Date, 'now').mockImplementation(() => now() + 60_000);

    const answer = await ask('/api/v1/health', known);
    expect(answer.status).toBe(200);
    const { postgres } = (await reportOf(answer)).components;
    expect(postgres?.status).toBe('critical');
    expect(Date.parse(postgres?.since ?? '')).toBeGreaterThanOrEqual(stoppedAt);
    for (const path of ['/api/v1/health/timeline', '/api/v1/health/components/postgres/history']) {
      const past = await ask(path, known);
      expect([path, past.status, await past.json()]).toMatchObject([path, 200, { complete: false }]);
    }

    const refused = await ask('/api/v1/health', unknown);
    expect([refused.status, await refused.json()]).toMatchObject([503, { code: 'DATABASE_UNAVAILABLE' }]);
    const link = await fetch(service.signInUrl ?? '', { redirect: 'manual' });
    expect([link.status, link.headers.get('location')]).toEqual([303, '/sign-in?problem=unavailable']);
  }, 60_000);
});
