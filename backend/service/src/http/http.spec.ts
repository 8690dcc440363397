import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import express, { type Express } from 'express';
import { dashboardFiles } from './dashboard-files.ts';
import { loadShedding } from './load-shedding.middleware.ts';
import { trustedProxies } from './trusted-proxies.ts';

let server: Server;

async function serve(app: Express): Promise<string> {
  server = createServer(app as never);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

afterEach(() => new Promise((resolve) => server.close(resolve)));

describe('loadShedding', () => {
  it('refuses what is above its limit with a time to come back, and takes more once there is room', async () => {
    const waiting: (() => void)[] = [];
    let arrived = (): void => undefined;
    const app = express();
    app.use(loadShedding(1));
    app.get('/', (_request, response) => {
      waiting.push(() => response.end('done'));
      arrived();
    });
    const url = await serve(app);
    const first = fetch(url);
    await new Promise<void>((resolve) => (arrived = resolve));
    const refused = await fetch(url);
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(await refused.json()).toMatchObject({ code: 'OVERLOADED', retryable: true });
    waiting.shift()?.();
    expect((await first).status).toBe(200);
    const third = fetch(url);
    await new Promise<void>((resolve) => (arrived = resolve));
    waiting.shift()?.();
    expect((await third).status).toBe(200);
  });
});

describe('dashboardFiles', () => {
  let dir: string;

  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'fleetdeck-dashboard-'));
    mkdirSync(join(dir, 'assets'));
    writeFileSync(join(dir, 'index.html'), '<head><base href="/" /></head>');
    writeFileSync(join(dir, 'assets', 'a-1234.js'), 'let a;');
    writeFileSync(join(dir, 'assets', 'a-1234.js.gz'), gzipSync('let a;'));
  });

  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  const portal = async (basePath: string): Promise<string> => {
    const app = express();
    app.use(dashboardFiles(dir, basePath));
    app.use((_request, response) => void response.status(404).end());
    return serve(app);
  };

  it('serves the page for every path of its router, with its base path in it', async () => {
    const url = await portal('/ops');
    for (const path of ['/ops/', '/ops/agents/7', '/ops/sign-in?problem=link']) {
      const answer = await fetch(url + path);
      expect(answer.headers.get('cache-control')).toBe('no-cache');
      expect(await answer.text()).toBe('<head><base href="/ops/" /></head>');
    }
  });

  it('sends a browser that left the slash away to the page', async () => {
    const answer = await fetch(`${await portal('/ops')}/ops`, { redirect: 'manual' });
    expect([answer.status, answer.headers.get('location')]).toEqual([308, '/ops/']);
  });

  it('does not send the page again to a browser that has it', async () => {
    const url = await portal('');
    const tag = (await fetch(url)).headers.get('etag') ?? '';
    expect((await fetch(url, { headers: { 'if-none-match': tag } })).status).toBe(304);
  });

  it('serves assets for good, as the build compressed them', async () => {
    const answer = await fetch(`${await portal('/ops')}/ops/assets/a-1234.js`, {
      headers: { 'accept-encoding': 'gzip' },
    });
    expect(answer.headers.get('cache-control')).toContain('immutable');
    expect(answer.headers.get('content-encoding')).toBe('gzip');
    expect(await answer.text()).toBe('let a;');
  });

  it.each([
    '/ops/assets/none.js',
    '/ops/api/v1/x',
    '/ops/health/ready',
    '/ops/sign-in/link',
    '/ops/robots.txt',
    '/ops/metrics',
    '/elsewhere',
  ])('leaves %s to others', async (path) => {
    expect((await fetch((await portal('/ops')) + path)).status).toBe(404);
  });

  it('answers reading only', async () => {
    expect((await fetch(await portal(''), { method: 'POST' })).status).toBe(404);
  });
});

describe('trustedProxies', () => {
  it.each<[boolean | number | string[], string, number, boolean]>([
    [true, '203.0.113.9', 5, true],
    [false, '127.0.0.1', 0, false],
    [1, '203.0.113.9', 0, true],
    [1, '203.0.113.9', 1, false],
    [['10.0.0.0/8', 'loopback'], '10.1.2.3', 3, true],
    [['10.0.0.0/8', 'loopback'], '127.0.0.1', 0, true],
    [['10.0.0.0/8', 'loopback'], '203.0.113.9', 0, false],
  ])('with %j takes %s at distance %i for trusted: %j', (setting, address, distance, expected) => {
    expect(trustedProxies(setting)(address, distance)).toBe(expected);
  });
});
