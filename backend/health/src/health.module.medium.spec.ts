import { once } from 'node:events';
import { get, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import {
  Controller,
  Get,
  Global,
  Injectable,
  Logger,
  Module,
  Scope,
  VersioningType,
  type CanActivate,
  type INestApplication,
  type ModuleMetadata,
} from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import {
  DiskHealthIndicator,
  HealthIndicatorService,
  MemoryHealthIndicator,
  type HealthIndicatorResult,
} from '@nestjs/terminus';
import type { HealthReport, Role } from '@fleetdeck/dto';
import {
  ALERT_SINK,
  CLOCK,
  ContributesHealth,
  FleetdeckError,
  METRIC_SINK,
  PRINCIPAL_RESOLVER,
  PUBLISHER,
  type HealthCheckOutcome,
  type HealthContributor,
  type PrincipalResolver,
} from '@fleetdeck/kernel';
import { HealthChecker } from './health.checker.ts';
import { HealthProvider } from './health-provider.decorator.ts';
import { TerminusHealthModule } from './health.module.ts';
import { HEALTH_TIMERS } from './health.timers.ts';
import { diskHealth } from './providers/disk.health.ts';
import { never, RecordingPorts } from './testing/checker.fixture.ts';
import { FakeTime } from './testing/fake-time.ts';

Logger.overrideLogger(false);

/** Takes the bearer for the name of the role. */
const resolver: PrincipalResolver = {
  resolve({ headers }) {
    const role = String(headers['authorization'] ?? '').replace('Bearer ', '') as Role | '';
    return Promise.resolve(role ? { subject: 'test', role, method: 'bearer', expiresAt: null } : null);
  },
};

@Injectable()
@ContributesHealth()
class Database implements HealthContributor {
  readonly healthName = 'db';
  readonly healthOptions = { intervalMs: 1000 };
  outcome: HealthCheckOutcome = { status: 'healthy', details: { connections: 3 } };

  checkHealth(): Promise<HealthCheckOutcome> {
    return Promise.resolve(this.outcome);
  }
}

/** A story service with our module in it, on fake time, listening on a free port. */
async function serve(
  imports: ModuleMetadata['imports'],
  options: {
    providers?: ModuleMetadata['providers'];
    controllers?: ModuleMetadata['controllers'];
    set?: (app: INestApplication) => void;
    ports?: RecordingPorts;
    signedIn?: boolean;
  } = {},
) {
  const time = new FakeTime();
  const shared = [
    { provide: CLOCK, useValue: time },
    { provide: HEALTH_TIMERS, useValue: time },
    ...(options.signedIn === false ? [] : [{ provide: PRINCIPAL_RESOLVER, useValue: resolver }]),
    ...(options.ports
      ? [PUBLISHER, METRIC_SINK, ALERT_SINK].map((provide) => ({ provide, useValue: options.ports }))
      : []),
  ];
  @Global()
  @Module({ providers: shared, exports: shared })
  class SharedModule {}
  @Module({
    imports: [SharedModule, ...(imports ?? [])],
    providers: options.providers ?? [],
    controllers: options.controllers ?? [],
  })
  class StoryModule {}
  const app = await NestFactory.create(StoryModule, { logger: false, abortOnError: false });
  options.set?.(app);
  await app.listen(0, '127.0.0.1');
  apps.push(app);
  const { port } = (app.getHttpServer() as Server).address() as AddressInfo;
  const ask = async (path: string, role?: Role) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
      headers: role ? { authorization: `Bearer ${role}` } : {},
    });
    return { status: answer.status, headers: answer.headers, body: await answer.json() };
  };
  return { app, time, port, ask, checker: app.get(HealthChecker, { strict: false }) };
}

const apps: INestApplication[] = [];
afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
});

describe('the probes', () => {
  it('are public; ready answers 503 until the first checks are in, then 200', async () => {
    const { ask, time } = await serve([TerminusHealthModule.forRoot({})], { providers: [Database] });
    const live = await ask('/health/live');
    expect([live.status, live.body]).toEqual([200, { status: 'alive' }]);
    const early = await ask('/health/ready');
    expect([early.status, early.body]).toEqual([503, { status: 'not ready' }]);
    expect(early.headers.get('cache-control')).toBe('no-store');
    expect(early.headers.get('content-type')).toBe('application/json; charset=utf-8');
    await time.advance(0);
    const ready = await ask('/health/ready');
    expect([ready.status, ready.body]).toEqual([200, { status: 'ready' }]);
  });

  it('answer HEAD without a body', async () => {
    const { port } = await serve([TerminusHealthModule.forRoot({})]);
    const answer = await fetch(`http://127.0.0.1:${port}/health/ready`, { method: 'HEAD' });
    expect([answer.status, await answer.text()]).toEqual([200, '']);
  });

  it('stand where they are told, whatever prefix, versioning, guards and catch-all the story service has', async () => {
    @Injectable()
    class Closed implements CanActivate {
      canActivate(): boolean {
        return false;
      }
    }
    @Controller({ path: '*all' })
    class CatchAll {
      @Get()
      all(): string {
        return 'page';
      }
    }
    const { ask } = await serve(
      [TerminusHealthModule.forRoot({ http: { probesPrefix: '/internal/probe/', prefix: 'health' } })],
      {
        controllers: [CatchAll],
        providers: [{ provide: APP_GUARD, useClass: Closed }],
        set: (app) => {
          app.setGlobalPrefix('shop');
          app.enableVersioning({ type: VersioningType.URI, defaultVersion: '2' });
        },
      },
    );
    expect((await ask('/internal/probe/live')).body).toEqual({ status: 'alive' });
    expect((await ask('/internal/probe/ready')).body).toEqual({ status: 'ready' });
    // The report is an ordinary route of the story service.
    expect((await ask('/shop/health', 'admin')).status).toBe(403);
  });

  it('are answered before the middleware of the story service, which can neither slow them down nor refuse them', async () => {
    const seen: string[] = [];
    const { ask, port } = await serve([TerminusHealthModule.forRoot({})], {
      set: (app) => {
        app.use((request: { url: string }, response: { sendStatus(code: number): void }) => {
          seen.push(request.url);
          response.sendStatus(429);
        });
      },
    });
    const probe = await ask('/health/live?verbose=1');
    expect([probe.status, probe.body]).toEqual([200, { status: 'alive' }]);
    expect(probe.headers.get('x-content-type-options')).toBe('nosniff');
    const head = await fetch(`http://127.0.0.1:${port}/health/live`, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, '18']);
    await expect(ask('/health/liver')).rejects.toThrow('JSON');
    await expect(ask('/api/v1/health', 'admin')).rejects.toThrow('JSON');
    expect(seen).toEqual(['/health/liver', '/api/v1/health']);
  });

  it('answer the same while one provider hangs', async () => {
    const { ask, time, checker } = await serve([TerminusHealthModule.forRoot({})], { providers: [Database] });
    checker.register('hung', never, { criticality: 'optional' });
    await time.advance(0);
    expect((await ask('/health/ready')).status).toBe(200);
    await time.advance(60_000);
    expect((await ask('/health/ready')).status).toBe(200);
    expect((await ask('/health/live')).status).toBe(200);
    // Counted and not timed: a probe picks up what is rendered already, and asks no provider.
    expect(checker.probeAnswer('ready')).toBe(checker.probeAnswer('ready'));
    expect(checker.report().components['hung']?.status).toBe('critical');
  });

  it('answer 503 while a critical component is critical, and 200 again afterwards', async () => {
    const { app, ask, time } = await serve([TerminusHealthModule.forRoot({})], { providers: [Database] });
    const database = app.get(Database);
    const seen: number[] = [];
    for (const status of ['healthy', 'critical', 'degraded'] as const) {
      database.outcome = { status };
      await time.advance(1000);
      seen.push((await ask('/health/ready')).status);
    }
    expect(seen).toEqual([200, 503, 200]);
  });

  it('say not ready as soon as shutdown begins, while the server still answers', async () => {
    const seen: unknown[] = [];
    @Injectable()
    class Draining {
      ask: ((path: string) => Promise<{ status: number }>) | null = null;
      async beforeApplicationShutdown(): Promise<void> {
        for (const path of ['/health/ready', '/health/live']) seen.push((await this.ask?.(path))?.status);
      }
    }
    const { app, ask, time, checker } = await serve([TerminusHealthModule.forRoot({})], {
      providers: [Database, Draining],
    });
    app.get(Draining).ask = (path) => ask(path);
    await time.advance(0);
    expect((await ask('/health/ready')).status).toBe(200);
    await app.close();
    apps.length = 0;
    expect(seen).toEqual([503, 200]);
    expect(checker.shuttingDown).toBe(true);
    expect(time.pending).toBe(0);
  });

  it('leave no last word of a replica behind when it closes', async () => {
    const ports = new RecordingPorts();
    const { app, time } = await serve([TerminusHealthModule.forRoot({})], { providers: [Database], ports });
    app.get(Database).outcome = { status: 'critical' };
    await time.advance(0);
    expect(ports.updates.at(-1)).toMatchObject({ component: 'db', health: { status: 'critical' } });
    await app.close();
    apps.length = 0;
    expect(ports.updates.at(-1)).toMatchObject({ component: 'db', health: null });
  });

  it('and the report are not served with http: false', async () => {
    const { ask } = await serve([TerminusHealthModule.forRoot({ http: false })]);
    expect((await ask('/health/live')).status).toBe(404);
    expect((await ask('/api/v1/health', 'admin')).status).toBe(404);
  });
});

describe('GET /api/v1/health', () => {
  it('is a Problem with 401 for nobody, also where no resolver is installed', async () => {
    for (const signedIn of [true, false]) {
      const { ask } = await serve([TerminusHealthModule.forRoot({})], { signedIn });
      const answer = await ask('/api/v1/health');
      expect(answer.status).toBe(401);
      expect(answer.headers.get('content-type')).toContain('application/problem+json');
      expect(answer.body).toMatchObject({ code: 'UNAUTHENTICATED', status: 401 });
    }
  });

  it('shows figures to operators and not to viewers', async () => {
    const ports = new RecordingPorts();
    const { ask, time } = await serve([TerminusHealthModule.forRoot({})], { providers: [Database], ports });
    await time.advance(0);
    const viewer = await ask('/api/v1/health', 'viewer');
    expect(viewer.status).toBe(200);
    expect(viewer.headers.get('cache-control')).toBe('no-store');
    expect(viewer.body).toEqual({
      overallStatus: 'healthy',
      asOf: '2026-01-01T00:00:00.000Z',
      position: { epoch: 'e', offset: 1 },
      replica: ports.updates[0]?.replica,
      components: {
        db: {
          status: 'healthy',
          since: '2026-01-01T00:00:00.000Z',
          latencyMs: 0,
          reason: null,
          checkedAt: '2026-01-01T00:00:00.000Z',
          criticality: 'critical',
          intervalMs: 1000,
          timeoutMs: 2000,
        },
        'port:AuditSink': expect.objectContaining({ status: 'unknown', reason: 'not installed' }),
      },
    });
    for (const role of ['operator', 'admin'] as const) {
      const { components } = (await ask('/api/v1/health', role)).body as HealthReport;
      expect(components['db']?.details).toEqual({ connections: 3 });
    }
    expect(ports.updates).toHaveLength(1);
    expect(ports.recorded.map(({ name }) => name)).toEqual([
      'fleetdeck_health_transitions',
      'fleetdeck_health_check_duration_ms',
    ]);
  });

  it('is rendered once for all who ask, until something changes, and at most a second old', async () => {
    const { app, time, ask, checker } = await serve([TerminusHealthModule.forRoot({})], {
      providers: [Database],
    });
    await time.advance(0);
    const first = checker.renderedReport(true);
    expect(checker.renderedReport(true)).toBe(first);
    expect(checker.renderedReport(false)).not.toBe(first);
    await time.advance(999);
    expect(checker.renderedReport(true)).toBe(first);
    app.get(Database).outcome = { status: 'critical', reason: 'gone' };
    await time.advance(1);
    const { body } = (await ask('/api/v1/health', 'viewer')) as { body: HealthReport };
    expect(body).toMatchObject({ overallStatus: 'critical', asOf: '2026-01-01T00:00:01.000Z' });
    checker.unregister('db');
    checker.register('slow', never, { intervalMs: 60_000, timeoutMs: 60_000 });
    await time.advance(1000);
    expect(checker.renderedReport(false).body.toString()).toContain('"asOf":"2026-01-01T00:00:02.000Z"');
  });

  it('stands under another prefix, behind the guards of the story service', async () => {
    @Injectable()
    class Refusing implements CanActivate {
      canActivate(): boolean {
        throw new FleetdeckError('HOST_REFUSED', 'Not from here.');
      }
    }
    const { ask } = await serve([
      TerminusHealthModule.forRoot({ http: { prefix: 'ops/health', guards: [Refusing] } }),
    ]);
    expect((await ask('/ops/health', 'admin')).body).toMatchObject({ code: 'HOST_REFUSED' });
    expect((await ask('/health/live')).status).toBe(200);
  });
});

describe('GET /api/v1/health/terminus', () => {
  it('speaks as Terminus does, with its 503', async () => {
    const { app, ask, time, checker } = await serve([TerminusHealthModule.forRoot({})], {
      providers: [Database],
    });
    checker.register('cache', () => ({ status: 'critical', reason: 'refused' }), { criticality: 'optional' });
    const path = '/api/v1/health/terminus';
    const early = await ask(path, 'viewer');
    expect([early.status, early.body]).toEqual([
      503,
      expect.objectContaining({
        status: 'error',
        info: {},
        error: { db: { status: 'unknown', message: 'Not checked yet.' } },
      }),
    ]);
    await time.advance(0);
    const cache = { status: 'down', message: 'refused', responseTime: 0 };
    const viewer = await ask(path, 'viewer');
    expect(viewer.status).toBe(200);
    expect(viewer.body).toEqual({
      status: 'degraded',
      info: { db: { status: 'up', responseTime: 0 } },
      error: { cache },
      details: expect.objectContaining({
        db: { status: 'up', responseTime: 0 },
        cache,
        'port:Publisher': { status: 'unknown', message: 'not installed' },
      }),
    });
    expect((await ask(path, 'operator')).body).toMatchObject({ info: { db: { connections: 3 } } });
    app.get(Database).outcome = { status: 'critical', reason: 'gone' };
    await time.advance(1000);
    const down = await ask(path, 'viewer');
    expect([down.status, down.body]).toEqual([503, expect.objectContaining({ status: 'error' })]);
    checker.beginShutdown();
    expect((await ask(path, 'viewer')).body).toMatchObject({ status: 'shutting_down' });
    expect((await ask(path)).status).toBe(401);
  });
});

describe('GET /api/v1/health/components/:name/history', () => {
  it('tells of a span what was when, and which replica saw it to operators only', async () => {
    const { app, ask, time } = await serve([TerminusHealthModule.forRoot({ history: { node: 'shop-1' } })], {
      providers: [Database],
    });
    await time.advance(0);
    app.get(Database).outcome = { status: 'critical', reason: 'gone' };
    await time.advance(1500);
    const path = '/api/v1/health/components/db/history';
    const whole = await ask(path, 'operator');
    expect(whole.headers.get('cache-control')).toBe('no-store');
    expect(whole.body).toMatchObject({
      component: 'db',
      incidents: [{ end: null, worst: 'critical', reason: 'gone', nodes: ['shop-1'] }],
      items: [
        { from: 'healthy', to: 'critical', at: '2026-01-01T00:00:01.000Z', node: 'shop-1' },
        { from: 'unknown', to: 'healthy', at: '2026-01-01T00:00:00.000Z', node: 'shop-1' },
      ],
    });
    const viewer = await ask(path, 'viewer');
    expect(viewer.body).toMatchObject({ incidents: [{ reason: 'gone' }], items: [{ to: 'critical' }, {}] });
    expect(JSON.stringify(viewer.body)).not.toContain('shop-1');
    const first = await ask(`${path}?to=2026-01-01T00:00:00.500Z&limit=1`, 'viewer');
    expect(first.body).toMatchObject({ incidents: [], items: [{ to: 'healthy' }], nextCursor: null });
    expect((await ask(`${path}?node=shop-2`, 'operator')).body).toMatchObject({ items: [], incidents: [] });
    expect((await ask(`${path}?from=yesterday`, 'viewer')).body).toMatchObject({
      code: 'INVALID_INPUT',
      fields: [expect.objectContaining({ field: 'from' })],
    });
    expect((await ask('/api/v1/health/components/none/history', 'viewer')).status).toBe(404);
    expect((await ask(path)).status).toBe(401);
  });
});

describe('the module', () => {
  it('takes its options from a factory, and checks what it names', async () => {
    const { ask, checker } = await serve([
      TerminusHealthModule.forRootAsync({
        useFactory: () => ({ defaults: { intervalMs: 5000 }, checks: [diskHealth('/')] }),
        http: { prefix: 'h' },
        isGlobal: true,
      }),
    ]);
    await checker.checkAll({ fresh: true });
    const { components } = (await ask('/h', 'operator')).body as HealthReport;
    expect(components['disk']).toMatchObject({ criticality: 'optional', intervalMs: 5000 });
    expect(components['disk']?.details?.['totalBytes']).toBeGreaterThan(0);
  });

  it('runs indicators of Terminus, which can be injected beside it', async () => {
    @Injectable()
    class Indicators {
      constructor(checker: HealthChecker, indicators: HealthIndicatorService) {
        checker.register('plain', () => indicators.check('plain').degraded({ message: 'half', queue: 4 }));
        checker.register('attempt', () =>
          indicators.check('attempt').attempt(() => {
            throw new Error('no route');
          }),
        );
      }
    }
    const { checker } = await serve([TerminusHealthModule.forRoot({})], { providers: [Indicators] });
    const { components } = await checker.checkAll({ fresh: true });
    expect(components['plain']).toMatchObject({ status: 'degraded', reason: 'half', details: { queue: 4 } });
    expect(components['attempt']).toMatchObject({ status: 'critical' });
  });

  it('runs the indicators that Terminus ships unchanged, as providers and by register()', async () => {
    let limit = 1e12;
    let share = 1;
    @Injectable()
    @HealthProvider('heap')
    class Heap {
      constructor(private readonly memory: MemoryHealthIndicator) {}
      check() {
        return this.memory.checkHeap('heap', limit);
      }
    }
    @Injectable()
    @HealthProvider('storage', { criticality: 'optional' })
    class Storage {
      constructor(private readonly disk: DiskHealthIndicator) {}
      check(): Promise<HealthIndicatorResult> {
        return this.disk.checkStorage('storage', { path: '/', thresholdPercent: share });
      }
    }
    @Injectable()
    @HealthProvider('queue')
    class Queue {
      constructor(private readonly indicators: HealthIndicatorService) {}
      check() {
        return this.indicators
          .check('queue')
          .attempt(() => (limit > 1 ? { depth: 3 } : Promise.reject(new Error('no route'))))
          .withTimeout(1000);
      }
    }
    @Injectable()
    class Registers {
      constructor(checker: HealthChecker, memory: MemoryHealthIndicator, disk: DiskHealthIndicator) {
        checker.register('rss', () => memory.checkRSS('rss', limit));
        checker.register('space', () => disk.checkStorage('space', { path: '/', threshold: limit * 1e6 }));
        // A whole row of indicators as one component, as HealthCheckService.check() would take them.
        checker.register('both', async () => ({
          ...(await memory.checkHeap('heap', limit)),
          ...(await disk.checkStorage('disk', { path: '/', thresholdPercent: 1 })),
        }));
      }
    }
    const { checker } = await serve([TerminusHealthModule.forRoot({})], {
      providers: [Heap, Storage, Queue, Registers],
    });
    const statuses = async () => {
      const { components } = await checker.checkAll({ fresh: true });
      const names = ['heap', 'storage', 'queue', 'rss', 'space', 'both'];
      return Object.fromEntries(
        names.map((name) => [name, [components[name]?.status, components[name]?.reason]]),
      );
    };
    expect(await statuses()).toEqual({
      heap: ['healthy', null],
      storage: ['healthy', null],
      queue: ['healthy', null],
      rss: ['healthy', null],
      space: ['healthy', null],
      both: ['healthy', null],
    });
    limit = share = 1e-9;
    const disk = ['critical', 'Used disk storage exceeded the set threshold'];
    const heap = ['critical', 'Used heap exceeded the set threshold'];
    expect(await statuses()).toEqual({
      heap,
      storage: disk,
      queue: ['critical', 'no route'],
      rss: ['critical', 'Used rss exceeded the set threshold'],
      space: disk,
      both: heap,
    });
  });

  it('leaves out a contributor it cannot register, and watches the others', async () => {
    const error = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    @Injectable()
    @ContributesHealth()
    class Second implements HealthContributor {
      readonly healthName = 'db';
      checkHealth(): Promise<HealthCheckOutcome> {
        return Promise.resolve({ status: 'critical' });
      }
    }
    @Injectable({ scope: Scope.REQUEST })
    @ContributesHealth()
    class PerRequest extends Second {}
    const { time, checker } = await serve([TerminusHealthModule.forRoot({})], {
      providers: [Database, { provide: 'ALIAS', useExisting: Database }, Second, PerRequest],
    });
    await time.advance(0);
    expect(error.mock.calls.map(([line]) => String(line))).toEqual([
      'Second is not watched. A health check named "db" is registered already; the first one stays. Give this one another name.',
      'PerRequest is not watched. It, or something that it needs, is made for each request or injection; make a provider of health a singleton.',
    ]);
    expect(checker.report().components['db']?.status).toBe('healthy');
    error.mockRestore();
  });

  it('leaves out what has no one instance to ask, and says so, controllers too', async () => {
    const error = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    @Injectable({ scope: Scope.TRANSIENT })
    @HealthProvider('transient')
    class Transient {
      private readonly status = 'healthy';
      check(): HealthCheckOutcome {
        return { status: this.status };
      }
    }
    @Controller({ path: 'each', scope: Scope.REQUEST })
    @HealthProvider('each')
    class EachRequest extends Transient {}
    @Controller('one')
    @HealthProvider('one')
    class One extends Transient {}
    const { time, checker } = await serve([TerminusHealthModule.forRoot({})], {
      providers: [Transient],
      controllers: [EachRequest, One],
    });
    await time.advance(0);
    expect(error.mock.calls.map(([line]) => String(line).slice(0, 46))).toEqual([
      'Transient is not watched. It, or something tha',
      'EachRequest is not watched. It, or something t',
    ]);
    expect(Object.keys(checker.report().components).filter((name) => !name.startsWith('port:'))).toEqual([
      'one',
    ]);
    error.mockRestore();
  });

  it('leaves out a provider without the method that is to be asked, and says so', async () => {
    const error = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    @Injectable()
    @(HealthProvider('mute') as ClassDecorator)
    class Mute {}
    @Injectable()
    @ContributesHealth()
    class Silent {
      readonly healthName = 'silent';
    }
    await serve([TerminusHealthModule.forRoot({})], { providers: [Mute, Silent] });
    expect(error.mock.calls.map(([line]) => String(line))).toEqual([
      'Mute is not watched. Health check "mute": it has no method check(). A @HealthProvider() needs one.',
      'Silent is not watched. Health check "silent": it has no method checkHealth(). A HealthContributor has one.',
    ]);
    error.mockRestore();
  });

  it('is refused when it is imported twice, since every check would run twice', async () => {
    @Module({ imports: [TerminusHealthModule.forRoot({})] })
    class Feature {}
    await expect(serve([TerminusHealthModule.forRoot({}), Feature])).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining('imported more than once'),
    });
  });

  it('says what to do when it is imported without forRoot()', async () => {
    @Module({ imports: [TerminusHealthModule] })
    class Feature {}
    await expect(serve([Feature])).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining('imported without forRoot()'),
    });
  });

  it('refuses at start what a factory may not answer, by its name', async () => {
    const answering = (answer: object | undefined) =>
      serve([TerminusHealthModule.forRootAsync({ useFactory: () => answer as object })]);
    await expect(answering({ http: { prefix: 'h' } })).rejects.toThrow('http is given beside useFactory');
    await expect(answering(undefined)).rejects.toThrow('must be an object');
  });

  it('says which route of the service a probe covers', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    @Controller('health')
    class Own {
      @Get()
      all(): string {
        return 'own';
      }
      @Get('live')
      live(): string {
        return 'own';
      }
    }
    const { ask } = await serve([TerminusHealthModule.forRoot({})], { controllers: [Own] });
    expect((await ask('/health/live')).body).toEqual({ status: 'alive' });
    expect(warn.mock.calls.map(([line]) => String(line)).filter((line) => line.includes('GET /'))).toEqual([
      expect.stringContaining('GET /health/live, is never reached'),
    ]);
    warn.mockClear();
    await serve([TerminusHealthModule.forRoot({ http: { probesPrefix: 'probes' } })], { controllers: [Own] });
    expect(warn.mock.calls.map(([line]) => String(line)).join()).not.toContain('GET /');
    warn.mockRestore();
  });

  it('says when a route of the service and its report stand at the same path', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    @Controller({ path: 'health', version: '1' })
    class Own {
      @Get()
      all(): string {
        return 'own';
      }
    }
    await serve([TerminusHealthModule.forRoot({ http: { prefix: 'v1/health' } })], {
      controllers: [Own],
      set: (app) => {
        app.setGlobalPrefix('api');
        app.enableVersioning({ type: VersioningType.URI });
      },
    });
    expect(warn.mock.calls.map(([line]) => String(line)).filter((line) => line.includes('GET /'))).toEqual([
      expect.stringContaining('GET /api/v1/health are two routes'),
    ]);
    warn.mockRestore();
  });

  it('watches what @HealthProvider() marks, with all options, a Terminus indicator too', async () => {
    @Injectable()
    @HealthProvider('search', { criticality: 'optional', intervalMs: 1000, failureThreshold: 2 })
    class Search {
      up = true;
      constructor(private readonly indicators: HealthIndicatorService) {}
      check() {
        const search = this.indicators.check('search');
        return this.up ? search.up({ shards: 2 }) : search.down('no shards');
      }
    }
    const { app, time, checker, ask } = await serve(
      [TerminusHealthModule.forRoot({ groups: { find: ['search', 'gone'] } })],
      { providers: [Search] },
    );
    await time.advance(0);
    expect(checker.report().components['search']).toMatchObject({
      ...{ status: 'healthy', criticality: 'optional', intervalMs: 1000, details: { shards: 2 } },
    });
    app.get(Search).up = false;
    await time.advance(1000);
    expect(checker.report().components['search']?.status).toBe('healthy');
    await time.advance(1000);
    expect(checker.report().components['search']).toMatchObject({ status: 'critical', reason: 'no shards' });
    const probe = await ask('/health/find');
    // A member that counts in full and of which nothing is known fails the group.
    expect([probe.status, probe.body]).toEqual([503, { status: 'unknown' }]);
    const group = await ask('/api/v1/health/groups/find', 'viewer');
    expect(group.body).toMatchObject({ components: { search: { status: 'critical' } } });
    expect((await ask('/api/v1/health/groups/other', 'viewer')).status).toBe(404);
  });

  it('watches its own history where that has a database, without a part in readiness', async () => {
    const away = { query: () => Promise.reject(new Error('connection refused')) };
    const kept = await serve([TerminusHealthModule.forRoot({ history: { dataSource: away } })]);
    await kept.time.advance(20_000);
    expect(kept.checker.report().components['health-history']).toMatchObject({
      ...{ status: 'degraded', criticality: 'optional' },
      reason: 'The history cannot be written, so changes wait in memory.',
    });
    expect(kept.checker.ready).toBe(true);
    const inMemory = await serve([TerminusHealthModule.forRoot({})]);
    expect(inMemory.checker.has('health-history')).toBe(false);
  });

  it('starts without an HTTP server as well', async () => {
    const context = await NestFactory.createApplicationContext(TerminusHealthModule.forRoot({}), {
      logger: false,
    });
    expect(context.get(HealthChecker).ready).toBe(true);
    await context.close();
    expect(context.get(HealthChecker).ready).toBe(false);
  });

  it('serves many probes at once without running a check', async () => {
    let runs = 0;
    const { port, time, checker } = await serve([TerminusHealthModule.forRoot({})]);
    checker.register('db', () => (runs++, { status: 'healthy' }));
    await time.advance(0);
    const statuses = await Promise.all(
      Array.from({ length: 100 }, async () => {
        const [answer] = (await once(
          get({ host: '127.0.0.1', port, path: '/health/ready' }),
          'response',
        )) as [{ statusCode: number; resume(): void }];
        answer.resume();
        return answer.statusCode;
      }),
    );
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(runs).toBe(1);
  });
});
