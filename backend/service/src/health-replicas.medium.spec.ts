import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Global, Logger, Module, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { BroadcastModule, Broadcaster } from '@fleetdeck/broadcast';
import type { HealthUpdate, StatusFamily } from '@fleetdeck/dto';
import { HealthChecker, TerminusHealthModule } from '@fleetdeck/health';
import { PRINCIPAL_RESOLVER, type HealthCheckOutcome } from '@fleetdeck/kernel';
import { findRedis } from '../../../tools/requirements.mjs';
import { startRedis } from './testing/redis-server.ts';

Logger.overrideLogger(false);

const redisServer = findRedis();

const VIEWER = { subject: 'ada', role: 'viewer', method: 'cookie', expiresAt: null } as const;

@Global()
@Module({
  providers: [{ provide: PRINCIPAL_RESOLVER, useValue: { resolve: () => Promise.resolve(null) } }],
  exports: [PRINCIPAL_RESOLVER],
})
class Shared {}

// Without a redis-server the closing summary of all tests says so, and FLEETDECK_REQUIRE=redis makes it a failure.
(redisServer === null ? describe.skip : describe)('the health of two replicas over one Redis', () => {
  let redis: Awaited<ReturnType<typeof startRedis>>;
  const apps: INestApplication[] = [];

  beforeAll(async () => {
    redis = await startRedis(redisServer ?? '');
  });
  afterEach(async () => {
    await Promise.all(apps.splice(0).map((app) => app.close()));
  });
  afterAll(() => redis.stop());

  async function start(node: string, outcome: () => HealthCheckOutcome) {
    @Module({
      imports: [
        Shared,
        BroadcastModule.forRoot({ redis: { url: redis.url } }),
        TerminusHealthModule.forRoot({
          history: { node },
          defaults: { intervalMs: 100 },
          checks: [{ healthName: 'db', checkHealth: () => Promise.resolve(outcome()) }],
        }),
      ],
    })
    class Replica {}
    const app = await NestFactory.create(Replica, { logger: false });
    apps.push(app);
    await app.listen(0, '127.0.0.1');
    return {
      broadcaster: app.get(Broadcaster, { strict: false }),
      replica: app.get(HealthChecker, { strict: false }).report().replica,
    };
  }

  it('reaches every page with what each of them sees, also one that is opened later', async () => {
    let status: 'critical' | 'healthy' = 'critical';
    const one = await start('one', () => ({ status }));
    const two = await start('two', () => ({ status: 'healthy' }));

    const seen = new Map<string, StatusFamily | undefined>();
    let changed: () => void = () => undefined;
    const take = ({ data }: { data: unknown }) => {
      const { replica, component, health } = data as HealthUpdate;
      if (component === 'db') seen.set(replica, health?.status);
      changed();
    };
    const client = two.broadcaster.connect(VIEWER, {
      message: take,
      reset: ({ snapshot }) => snapshot?.messages?.forEach(take),
    });
    const until = async (wanted: [string | undefined, StatusFamily][]) => {
      while (wanted.some(([replica, word]) => seen.get(replica ?? '') !== word)) {
        await new Promise<void>((resolve) => (changed = resolve));
      }
    };
    const answer = await client.subscribe('health');
    if (!answer.ok) throw new Error(answer.message);
    answer.snapshot?.messages?.forEach(take);
    await until([
      [one.replica, 'critical'],
      [two.replica, 'healthy'],
    ]);
    // What a page starts from that is opened now.
    const later = await two.broadcaster
      .connect(VIEWER, { message: () => undefined, reset: () => undefined })
      .subscribe('health');
    const values = later.ok ? (later.snapshot?.messages ?? []) : [];
    const ids = values.map(({ data }) => (data as HealthUpdate).id);
    expect(ids).toEqual(expect.arrayContaining([`${one.replica}/db`, `${two.replica}/db`]));
    status = 'healthy';
    await until([[one.replica, 'healthy']]);
    client.disconnect();
  });
});
