import { Module, type DynamicModule, type INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { isRole, type Problem } from '@fleetdeck/dto';
import {
  CLOCK,
  LEASE,
  migrateFleetdeck,
  PRINCIPAL_RESOLVER,
  PUBLISHER,
  type Lease,
  type PrincipalResolver,
} from '@fleetdeck/kernel';
import { FakeClock, FakePublisher, type TestDatabase } from '@fleetdeck/kernel/testing';
import { MetricsAggregator } from '../metrics.aggregator.ts';
import { MetricsModule } from '../metrics.module.ts';
import type { MetricsModuleExtras, MetricsOptions } from '../metrics.options.ts';
import { metricsMigrations } from '../migrations/metrics-migrations.ts';
import type { Sql } from '../store/sql.ts';
import { METRICS_TIMERS } from '../timers.ts';
import { ManualTimers } from './manual-timers.ts';

/** A DataSource that counts what is asked of it and can be away. */
export class SpiedSql {
  readonly statements: string[] = [];
  away = false;
  /** Statements and transactions that have not ended. */
  pending = 0;
  /** Told of each statement before it is sent, which waits for it; what it throws is what the database would. */
  beforeStatement: (statement: string) => void | Promise<void> = () => undefined;

  constructor(private readonly inner: Sql) {}

  readonly query = (async (statement: string, parameters?: unknown[]) => {
    await this.note(statement);
    return this.counted(this.inner.query<unknown>(statement, parameters));
  }) as Sql['query'];

  readonly transaction = (async (work: (manager: object) => Promise<unknown>) => {
    await this.note('begin');
    return this.counted(
      this.inner.transaction(async (manager) =>
        work({
          query: async (statement: string, parameters?: unknown[]) => {
            await this.note(statement);
            return manager.query<unknown>(statement, parameters);
          },
        }),
      ),
    );
  }) as Sql['transaction'];

  /** How many statements hold a text. */
  count(text: string): number {
    return this.statements.filter((statement) => statement.includes(text)).length;
  }

  private async counted<T>(work: Promise<T>): Promise<T> {
    this.pending += 1;
    try {
      return await work;
    } finally {
      this.pending -= 1;
    }
  }

  private async note(statement: string): Promise<void> {
    if (this.away) throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    this.statements.push(statement);
    await this.beforeStatement(statement);
  }
}

/** An application that has nothing but the metrics module, with a clock and timers that are moved by hand. */
export interface MetricsApp {
  app: INestApplication;
  aggregator: MetricsAggregator;
  clock: FakeClock;
  timers: ManualTimers;
  publisher: FakePublisher;
  sql: SpiedSql;
  /** Lines that were logged. */
  lines: string[];
  /** Asks over HTTP; the role goes into a header that the test's principal resolver reads. */
  http(path: string, options?: { role?: string; body?: unknown }): Promise<{ status: number; json: unknown }>;
  close(): Promise<void>;
}

@Module({})
class PortsModule {}

/** Migrates and starts the module on a test database. */
export async function startMetrics(
  database: TestDatabase,
  options: MetricsOptions & MetricsModuleExtras = {},
  {
    clock = new FakeClock(),
    migrate = true,
    features = [] as DynamicModule[],
    lease = null as Lease | null,
  } = {},
): Promise<MetricsApp> {
  if (migrate) await migrateFleetdeck(database.dataSource, [metricsMigrations]);
  const timers = new ManualTimers(clock);
  const publisher = new FakePublisher();
  const sql = new SpiedSql(database.dataSource);
  const lines: string[] = [];
  const resolver: PrincipalResolver = {
    resolve: ({ headers }) => {
      // Prometheus sends no headers of one's own, only a bearer: here that is the role itself.
      const role = headers['x-role'] ?? headers['authorization']?.toString().replace(/^Bearer /, '');
      return Promise.resolve(
        isRole(role) ? { subject: 'test', role, method: 'bearer', expiresAt: null } : null,
      );
    },
  };
  const ports: DynamicModule = {
    module: PortsModule,
    global: true,
    providers: [
      { provide: CLOCK, useValue: clock },
      { provide: METRICS_TIMERS, useValue: timers },
      { provide: PUBLISHER, useValue: publisher },
      { provide: PRINCIPAL_RESOLVER, useValue: resolver },
      ...(lease ? [{ provide: LEASE, useValue: lease }] : []),
    ],
    exports: [CLOCK, METRICS_TIMERS, PUBLISHER, PRINCIPAL_RESOLVER, ...(lease ? [LEASE] : [])],
  };
  const note = (line: unknown) => void lines.push(String(line));
  const testing = await Test.createTestingModule({
    imports: [ports, MetricsModule.forRoot({ dataSource: sql, ...options }), ...features],
  })
    .setLogger({ log: note, warn: note, error: note })
    .compile();
  const app = testing.createNestApplication();
  await app.listen(0, '127.0.0.1');
  const base = await app.getUrl();
  let closing: Promise<void> | null = null;
  return {
    app,
    aggregator: app.get(MetricsAggregator),
    clock,
    timers,
    publisher,
    sql,
    lines,
    async http(path, { role, body } = {}) {
      const answer = await fetch(`${base}/${path}`, {
        method: body === undefined ? 'GET' : 'POST',
        headers: { ...(role ? { 'x-role': role } : {}), 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: answer.status, json: await answer.json() };
    },
    close: () => (closing ??= app.close()),
  };
}

/** A problem answer, for assertions. */
export function asProblem({ json }: { json: unknown }): Problem {
  return json as Problem;
}
