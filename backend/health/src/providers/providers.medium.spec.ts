import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { freePort } from '@fleetdeck/kernel/testing';
import type { HealthCheckContributor } from '../health.options.ts';
import { fakeHttp, fakeServer } from '../testing/fake-servers.ts';
import { fakeHttps } from '../testing/own/https-server.ts';
import { CLIENT_CERTIFICATE, CLIENT_KEY, TEST_CA } from '../testing/own/test-certificates.ts';
import { dockerHealth } from './docker.health.ts';
import { httpHealth } from './http.health.ts';
import { redisHealth } from './redis.health.ts';

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

const check = (provider: HealthCheckContributor, ms = 5000) => provider.checkHealth(AbortSignal.timeout(ms));
const serve = async (...given: Parameters<typeof fakeServer>) => {
  const server = await fakeServer(...given);
  cleanUps.push(server.close);
  return server;
};
const serveHttp = async (...given: Parameters<typeof fakeHttp>) => {
  const server = await fakeHttp(...given);
  cleanUps.push(server.close);
  return server;
};

function onPath(name: string): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((dir) => join(dir, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

interface Backend {
  address: (password?: string) => string;
  stop: () => Promise<unknown>;
}

/** A Redis that knows PING and AUTH with the password "let me in". */
async function fakeRedis(): Promise<Backend> {
  const server = await fakeServer((socket, chunk) => {
    const words = chunk
      .toString()
      .split('\r\n')
      .filter((line) => line !== '' && !/^[*$]/.test(line));
    if (words[0] === 'AUTH') {
      const well = words.at(-1) === 'let me in';
      socket.write(well ? '+OK\r\n' : '-WRONGPASS invalid username-password pair or user is disabled.\r\n');
    } else {
      socket.write(words[0] === 'PING' ? '+PONG\r\n' : '-ERR unknown command\r\n');
    }
  });
  return { address: (password) => redisUrl(server.port, password), stop: server.close };
}

async function realRedis(binary: string): Promise<Backend> {
  const port = await freePort();
  const dir = mkdtempSync(join(tmpdir(), 'fleetdeck-redis-'));
  const options = ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir, '--save', ''];
  const child = spawn(binary, options, { stdio: ['ignore', 'pipe', 'ignore'] });
  await new Promise<void>((resolve, reject) => {
    child.once('exit', () => reject(new Error('redis-server ended')));
    child.stdout.on('data', (chunk: Buffer) => {
      if (chunk.includes('Ready to accept connections')) resolve();
    });
  });
  return {
    address: (password) => redisUrl(port, password),
    async stop() {
      child.kill('SIGTERM');
      await once(child, 'exit');
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

const redisUrl = (port: number, password?: string): string =>
  `redis://${password === undefined ? '' : `portal:${encodeURIComponent(password)}@`}127.0.0.1:${port}`;

const redisServer = onPath('redis-server');
const redises: [string, () => Promise<Backend>][] = [
  ['a fake', fakeRedis],
  ...(redisServer
    ? ([['redis-server', () => realRedis(redisServer)]] as [string, () => Promise<Backend>][])
    : []),
];

describe.each(redises)('redisHealth against %s', (_name, start) => {
  let redis: Backend;
  let running = true;
  beforeAll(async () => {
    redis = await start();
  });
  afterAll(async () => {
    if (running) await redis.stop();
  });

  it('is healthy when it answers PONG', async () => {
    expect(await check(redisHealth(redis.address()))).toEqual({ status: 'healthy' });
  });

  it('says what Redis says to a wrong password, and not the password', async () => {
    const checking = check(redisHealth(redis.address('secret-one')));
    await expect(checking).rejects.toThrow(/^It refuses: WRONGPASS/);
    await expect(checking).rejects.not.toThrow(/secret-one/);
  });

  it('says that nothing listens when it is gone', async () => {
    await redis.stop();
    running = false;
    await expect(check(redisHealth(redis.address()))).rejects.toThrow('ECONNREFUSED');
  });
});

describe('redisHealth', () => {
  it('signs in where the address has a password', async () => {
    const redis = await fakeRedis();
    cleanUps.push(redis.stop);
    expect(await check(redisHealth(redis.address('let me in')))).toEqual({ status: 'healthy' });
    expect(await check(redisHealth(redis.address('let me in').replace('portal', '')))).toEqual({
      status: 'healthy',
    });
  });

  it('asks through a client as well', async () => {
    expect(await check(redisHealth({ ping: () => Promise.resolve('PONG') }))).toEqual({ status: 'healthy' });
    const { reason } = await check(redisHealth({ ping: () => Promise.resolve(null) }));
    expect(reason).toBe('It answers PING with "null".');
  });

  it('ends with its signal, and leaves no connection behind', async () => {
    const server = await serve(() => undefined);
    await expect(check(redisHealth(redisUrl(server.port)), 50)).rejects.toThrow('aborted');
    while (server.open() > 0) await new Promise((resolve) => setImmediate(resolve));
    await expect(redisHealth(redisUrl(server.port)).checkHealth(AbortSignal.abort())).rejects.toThrow();
  });

  it('is not flooded', async () => {
    const server = await serve((socket) => socket.write(Buffer.alloc(2 * 1024 * 1024, 'x')));
    await expect(check(redisHealth(redisUrl(server.port)))).rejects.toThrow('more than a check reads');
  });

  it('speaks TLS to rediss', async () => {
    const server = await serve((socket) => socket.end());
    await expect(check(redisHealth(`rediss://127.0.0.1:${server.port}`))).rejects.toThrow();
    // The first byte of a TLS handshake.
    expect(server.received()[0]).toBe(0x16);
  });

  it.each(['http://127.0.0.1', 'redis:', 'nonsense'])(
    'refuses the address %s without repeating it',
    (address) => {
      expect(() => redisHealth(address)).toThrow('redisHealth: the address must read redis://host:port');
    },
  );
});

/** A daemon on a socket file: `docker info` tells whether the machine has a real one. */
const dockers: [string, () => Promise<string>][] = [
  [
    'a fake',
    async () => {
      const dir = mkdtempSync(join(tmpdir(), 'fleetdeck-docker-'));
      const path = join(dir, 'docker.sock');
      const server = await fakeHttp(({ url }, answer) => {
        if (url === '/_ping') answer.writeHead(200, { 'Api-Version': '1.47' }).end('OK');
        else answer.writeHead(404).end();
      }, path);
      dockerCleanUps.push(server.close, () => rmSync(dir, { recursive: true, force: true }));
      return `unix://${path}`;
    },
  ],
  ...(hasDocker()
    ? ([['the daemon', () => Promise.resolve('unix:///var/run/docker.sock')]] as [
        string,
        () => Promise<string>,
      ][])
    : []),
];
const dockerCleanUps: (() => unknown)[] = [];
afterAll(async () => {
  for (const cleanUp of dockerCleanUps) await cleanUp();
});

function hasDocker(): boolean {
  try {
    execFileSync('docker', ['info'], { stdio: 'ignore', timeout: 10_000 });
    return true;
  } catch {
    return false;
  }
}

describe.each(dockers)('dockerHealth against %s', (_name, start) => {
  it('is healthy when the daemon answers, with the version of its interface', async () => {
    expect(await check(dockerHealth({ host: await start() }))).toEqual({
      status: 'healthy',
      details: { apiVersion: expect.stringMatching(/^1\.\d+$/) },
    });
  });
});

describe('dockerHealth', () => {
  it('reaches a daemon over TCP, and says what it answers otherwise', async () => {
    const server = await serveHttp((_request, answer) => void answer.writeHead(500).end('no'));
    expect(await check(dockerHealth({ host: `tcp://127.0.0.1:${server.port}` }))).toEqual({
      status: 'critical',
      reason: 'The daemon answers 500 to a ping.',
    });
  });

  it('fails when there is no socket, and ends with its signal', async () => {
    await expect(check(dockerHealth({ host: 'unix:///nowhere/docker.sock' }))).rejects.toThrow('ENOENT');
    const server = await serveHttp(() => undefined);
    await expect(check(dockerHealth({ host: `tcp://127.0.0.1:${server.port}` }), 50)).rejects.toThrow();
  });

  it('refuses another address', () => {
    expect(() => dockerHealth({ host: 'ssh://host' })).toThrow('must read unix:///path or tcp://host:port');
    expect(dockerHealth({ host: 'tcp://host' }).healthName).toBe('docker');
  });

  it('speaks TLS to https', async () => {
    const server = await serve((socket) => socket.end());
    await expect(check(dockerHealth({ host: `https://127.0.0.1:${server.port}` }))).rejects.toThrow();
    expect(server.received()[0]).toBe(0x16);
  });

  describe('with certificates', () => {
    const given = { ca: TEST_CA, cert: CLIENT_CERTIFICATE, key: CLIENT_KEY };
    const environment = { ...process.env };
    afterEach(() => {
      for (const name of ['DOCKER_CERT_PATH', 'DOCKER_TLS_VERIFY']) {
        if (environment[name] === undefined) Reflect.deleteProperty(process.env, name);
        else process.env[name] = environment[name];
      }
    });
    const serveTls = async () => {
      const server = await fakeHttps((_request, answer) => {
        answer.writeHead(200, { 'Api-Version': '1.47' }).end('OK');
      });
      cleanUps.push(server.close);
      return server;
    };
    const folderOf = (files: Record<string, string>) => {
      const dir = mkdtempSync(join(tmpdir(), 'fleetdeck-docker-'));
      cleanUps.push(() => rmSync(dir, { recursive: true, force: true }));
      for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text);
      return dir;
    };
    const well = { status: 'healthy', details: { apiVersion: '1.47' } };

    it.each(['tcp', 'https'])('reaches a daemon on %s that wants to know its clients', async (scheme) => {
      const { port } = await serveTls();
      expect(await check(dockerHealth({ host: `${scheme}://127.0.0.1:${port}`, ...given }))).toEqual(well);
    });

    it('takes them from the folder DOCKER_CERT_PATH, as the Docker command does', async () => {
      const { port } = await serveTls();
      const files = { 'ca.pem': TEST_CA, 'cert.pem': CLIENT_CERTIFICATE, 'key.pem': CLIENT_KEY };
      process.env['DOCKER_CERT_PATH'] = folderOf(files);
      expect(await check(dockerHealth({ host: `tcp://127.0.0.1:${port}` }))).toEqual(well);
      const plain = await serveHttp((_request, answer) => void answer.writeHead(500).end());
      expect(await check(dockerHealth({ host: `http://127.0.0.1:${plain.port}` }))).toMatchObject({
        reason: 'The daemon answers 500 to a ping.',
      });
    });

    it('is turned away without them, and trusts no daemon that nobody vouches for', async () => {
      const { port } = await serveTls();
      const host = `tcp://127.0.0.1:${port}`;
      await expect(check(dockerHealth({ host, ca: TEST_CA }))).rejects.toThrow();
      process.env['DOCKER_TLS_VERIFY'] = '1';
      await expect(check(dockerHealth({ host }))).rejects.toThrow('certificate');
    });

    it('refuses at start what cannot be read or does not fit together', () => {
      const at = (more: object) => () => dockerHealth({ host: 'tcp://host', ...more });
      expect(at({ cert: CLIENT_CERTIFICATE })).toThrow('cert and key belong together');
      expect(at({ ...given, key: 'nonsense' })).toThrow('must be PEM that fits together');
      process.env['DOCKER_CERT_PATH'] = folderOf({ 'ca.pem': TEST_CA });
      expect(at({})).toThrow('DOCKER_CERT_PATH must be a folder with ca.pem, cert.pem and key.pem: ENOENT');
    });
  });
});

describe('httpHealth', () => {
  it('counts the status and nothing else, and follows no redirect', async () => {
    let status = 204;
    const server = await serveHttp(
      (_request, answer) => void answer.writeHead(status, { location: '/' }).end(),
    );
    const provider = httpHealth(`http://127.0.0.1:${server.port}/health`, {
      name: 'shop',
      criticality: 'optional',
    });
    expect(provider.healthOptions).toMatchObject({ criticality: 'optional' });
    expect(await check(provider)).toEqual({ status: 'healthy', details: { httpStatus: 204 } });
    for (status of [302, 404, 503]) {
      expect(await check(provider)).toEqual({
        status: 'critical',
        reason: `It answers ${status}.`,
        details: { httpStatus: status },
      });
    }
    const tolerant = httpHealth(`http://127.0.0.1:${server.port}`, {
      name: 'shop',
      method: 'HEAD',
      expect: () => true,
    });
    expect((await check(tolerant)).status).toBe('healthy');
  });

  it('says why it cannot be reached', async () => {
    const port = await freePort();
    const { reason } = await check(httpHealth(`http://127.0.0.1:${port}`, { name: 'shop' }));
    expect(reason).toBe('It cannot be reached: ECONNREFUSED.');
  });

  it('ends with its signal', async () => {
    const server = await serveHttp(() => undefined);
    expect((await check(httpHealth(`http://127.0.0.1:${server.port}`, { name: 'shop' }), 50)).status).toBe(
      'critical',
    );
  });

  it('refuses an address that is not HTTP', () => {
    expect(() => httpHealth('ftp://x', { name: 'shop' })).toThrow(
      '"shop": the address must begin with http://',
    );
  });
});
