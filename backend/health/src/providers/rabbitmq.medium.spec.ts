import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { findRabbitmq } from '../../../../tools/requirements.mjs';
import type { HealthCheckContributor } from '../health.options.ts';
import { amqp, fakeBroker, fakeHttp, fakeServer } from '../testing/fake-servers.ts';
import { PASSWORD, RabbitmqServer, USER, VHOST } from '../testing/own/rabbitmq-server.ts';
import { rabbitmqHealth } from './rabbitmq.health.ts';

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

const check = (provider: HealthCheckContributor, ms = 5000) => provider.checkHealth(AbortSignal.timeout(ms));
/** Never ends of itself: only what the broker says counts. */
const ask = (provider: HealthCheckContributor) => provider.checkHealth(new AbortController().signal);

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

/** A broker that knows one user and one virtual host. */
interface Broker {
  readonly port: number;
  readonly managementPort: number;
  setMemoryAlarm(on: boolean): Promise<void>;
  stop(): Promise<void>;
}

async function fakeRabbitmq(): Promise<Broker> {
  let alarm = false;
  const server = await fakeBroker({ user: USER, password: PASSWORD, vhost: VHOST });
  const management = await fakeHttp(({ url, headers }, answer) => {
    const known = headers.authorization === `Basic ${btoa(`${USER}:${PASSWORD}`)}`;
    if (url !== '/api/health/checks/alarms') answer.writeHead(404);
    else if (!known) answer.writeHead(401);
    else answer.writeHead(alarm ? 503 : 200);
    answer.end();
  });
  return {
    port: server.port,
    managementPort: management.port,
    setMemoryAlarm: (on) => Promise.resolve(void (alarm = on)),
    stop: async () => void (await Promise.all([server.close(), management.close()])),
  };
}

// Where there is none, the closing summary of all tests says so, and FLEETDECK_REQUIRE=rabbitmq makes it a failure.
const rabbitmqServer = findRabbitmq();
const brokers: [string, () => Promise<Broker>][] = [
  ['a fake', fakeRabbitmq],
  ...(rabbitmqServer === null
    ? []
    : ([['rabbitmq-server', () => RabbitmqServer.start(rabbitmqServer)]] as [
        ...[string, () => Promise<Broker>][],
      ])),
];

describe.each(brokers)('rabbitmqHealth against %s', (_name, start) => {
  let broker: Broker;
  let running = false;
  // A broker takes its time to start, and more on a busy machine.
  beforeAll(async () => {
    broker = await start();
    running = true;
  }, 120_000);
  afterAll(async () => {
    if (running) await broker.stop();
  });

  const address = ({ user = USER, password = PASSWORD, vhost = VHOST } = {}): string =>
    `amqp://${encodeURIComponent(user)}:${encodeURIComponent(password)}@127.0.0.1:${broker.port}/${encodeURIComponent(vhost)}`;
  const managementUrl = (password = PASSWORD): string =>
    `http://${USER}:${encodeURIComponent(password)}@127.0.0.1:${broker.managementPort}`;

  it('is healthy when it signs in, with what the broker says of itself', async () => {
    expect(await ask(rabbitmqHealth(address()))).toEqual({
      status: 'healthy',
      details: { product: 'RabbitMQ', version: expect.stringMatching(/^\d+\.\d+\.\d+/) },
    });
  });

  it('is told at once that the password is wrong, and does not repeat it', async () => {
    const checking = ask(rabbitmqHealth(address({ password: 'secret-one' })));
    await expect(checking).rejects.toThrow(/^It refuses the user or the password: ACCESS_REFUSED/);
    await expect(checking).rejects.not.toThrow(/secret-one/);
    await expect(ask(rabbitmqHealth(address({ user: 'nobody' })))).rejects.toThrow(
      /^It refuses the user or the password: ACCESS_REFUSED/,
    );
  });

  it('says which virtual host is not there', async () => {
    await expect(ask(rabbitmqHealth(address({ vhost: 'other' })))).rejects.toThrow(
      /^It does not open the virtual host "other": NOT_ALLOWED .*other/,
    );
  });

  it('is degraded while an alarm blocks publishers, and says when it cannot know', async () => {
    const provider = rabbitmqHealth(address(), { managementUrl: managementUrl() });
    expect(await ask(provider)).toMatchObject({ status: 'healthy' });
    await broker.setMemoryAlarm(true);
    expect(await ask(provider)).toMatchObject({
      status: 'degraded',
      reason: 'An alarm for memory or disk is in effect, so publishers are blocked.',
    });
    await broker.setMemoryAlarm(false);
    expect(await ask(provider)).toMatchObject({ status: 'healthy' });
    expect(await ask(rabbitmqHealth(address(), { managementUrl: managementUrl('wrong') }))).toMatchObject({
      status: 'degraded',
      reason: 'The management API answers 401, so alarms are not known.',
    });
  }, 90_000);

  it('is degraded and not critical while only the management API cannot be reached', async () => {
    const provider = rabbitmqHealth(address(), { managementUrl: 'http://127.0.0.1:1' });
    expect(await ask(provider)).toMatchObject({
      status: 'degraded',
      reason: 'The management API cannot be reached, so alarms are not known.',
    });
  });

  it('says that nothing listens when it is gone', async () => {
    await broker.stop();
    running = false;
    await expect(ask(rabbitmqHealth(address()))).rejects.toThrow('ECONNREFUSED');
  });
});

describe('rabbitmqHealth', () => {
  const broker = (...answers: (Buffer | null)[]) =>
    serve((socket, _chunk, nth) => {
      const answer = answers[nth - 1];
      if (answer) socket.write(answer);
      else socket.destroy();
    });
  const talking = async (known: Parameters<typeof fakeBroker>[0]) => {
    const server = await fakeBroker(known);
    cleanUps.push(server.close);
    return server;
  };

  it('signs in, opens the virtual host and closes, without a channel', async () => {
    const server = await talking({ user: 'portal', password: 'se/cret', vhost: 'shop' });
    const provider = rabbitmqHealth(`amqp://portal:se%2Fcret@127.0.0.1:${server.port}/shop`);
    expect(await check(provider)).toEqual({
      status: 'healthy',
      details: { product: 'RabbitMQ', version: '4.1.0' },
    });
    const said = server.received().toString('latin1');
    expect(said.startsWith('AMQP\0\0\x09\x01')).toBe(true);
    for (const part of ['PLAIN', '\0portal\0se/cret', '\x04shop', 'health check done'])
      expect(said).toContain(part);
  });

  it('uses guest and the virtual host "/" where the address names none', async () => {
    const server = await talking({ user: 'guest', password: 'guest', vhost: '/' });
    await check(rabbitmqHealth(`amqp://127.0.0.1:${server.port}`));
    expect(server.received().toString('latin1')).toContain('\0guest\0guest');
    expect(server.received().includes(Buffer.from([0, 10, 0, 40, 1, 0x2f, 0, 0]))).toBe(true);
  });

  it.each([
    ['hangs up at once', [null], 'It closed the connection.'],
    ['refuses the password', [amqp.start, null], 'It refuses the user or the password.'],
    [
      'has no such virtual host',
      [
        amqp.start,
        amqp.tune,
        amqp.close('NOT_ALLOWED - vhost shop not found'),
        amqp.close('NOT_ALLOWED - vhost shop not found'),
      ],
      'It does not open the virtual host "/": NOT_ALLOWED - vhost shop not found',
    ],
    ['hangs up on the virtual host', [amqp.start, amqp.tune, null], 'It does not open the virtual host "/".'],
    ['speaks another version', [Buffer.from('AMQP\0\0\x09\x00', 'latin1')], 'It does not speak AMQP 0-9-1.'],
    ['speaks something else', [Buffer.from('HTTP/1.1 400 Bad Request\r\n')], 'It does not speak AMQP.'],
    ['answers out of turn', [amqp.tune], 'It answers out of turn.'],
  ])('says so when the broker %s', async (_name, answers, message) => {
    const server = await broker(...answers);
    await expect(check(rabbitmqHealth(`amqp://127.0.0.1:${server.port}`))).rejects.toThrow(message);
  });

  it('is degraded while an alarm is in effect, which it asks the management API about', async () => {
    const server = await talking({ user: 'guest', password: 'guest', vhost: '/' });
    let status = 200;
    const asked: unknown[] = [];
    const management = await serveHttp(({ url, headers }, answer) => {
      asked.push([url, headers.authorization]);
      answer.writeHead(status).end();
    });
    const managementUrl = `http://ada:p%40ss@127.0.0.1:${management.port}/rabbit`;
    const provider = rabbitmqHealth(`amqp://127.0.0.1:${server.port}`, { managementUrl });
    expect((await check(provider)).status).toBe('healthy');
    expect(asked).toEqual([
      ['/rabbit/api/health/checks/alarms', `Basic ${Buffer.from('ada:p@ss').toString('base64')}`],
    ]);
    status = 503;
    expect(await check(provider)).toMatchObject({
      status: 'degraded',
      reason: expect.stringContaining('alarm'),
    });
    status = 401;
    expect(await check(provider)).toMatchObject({
      status: 'degraded',
      reason: expect.stringContaining('answers 401'),
    });
  });

  it('refuses wrong addresses without repeating them', () => {
    expect(() => rabbitmqHealth('http://me:secret@x')).toThrow(
      'rabbitmqHealth: the address must read amqp://host/vhost',
    );
    expect(() => rabbitmqHealth('amqp://x', { managementUrl: 'nonsense' })).toThrow(
      'managementUrl must read http://',
    );
  });
});
