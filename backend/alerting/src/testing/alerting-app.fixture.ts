import { Module, type DynamicModule, type INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  isRole,
  type Alert,
  type AlertNotice,
  type AlertsAnswer,
  type AlertUpdate,
  type MetricLabels,
  type MetricQuery,
  type MetricResult,
} from '@fleetdeck/dto';
import {
  AUDIT_SINK,
  CLOCK,
  METRIC_QUERY,
  migrateFleetdeck,
  PRINCIPAL_RESOLVER,
  PUBLISHER,
  type AuditEntry,
  type Lease,
  type MetricQuerier,
  type MetricQueryLimits,
  type PrincipalResolver,
} from '@fleetdeck/kernel';
import { FakePublisher, MemoryLeases, type TestDatabase } from '@fleetdeck/kernel/testing';
import { AlertingModule } from '../alerting.module.ts';
import type { AlertingModuleExtras, AlertingOptions } from '../alerting.options.ts';
import { Alerting } from '../alerting.service.ts';
import { alertingMigrations } from '../migrations/alerting-migrations.ts';
import type { NoticeSink } from '../notify/notice-sink.ts';
import type { Sql } from '../store/sql.ts';
import { ALERTING_TIMERS } from '../timers.ts';
import { FakeTime } from './fake-time.fixture.ts';

/** Metrics whose values are set by hand. */
export class FakeMetrics implements MetricQuerier {
  readonly values = new Map<string, { labels: MetricLabels; value: number | null }[]>();
  readonly asked: MetricQuery[] = [];
  limits: MetricQueryLimits | undefined;
  failure: Error | null = null;

  /** Sets the one value of a metric, or one for each set of labels. */
  set(name: string, value: number | null | { labels: MetricLabels; value: number | null }[]): void {
    this.values.set(name, Array.isArray(value) ? value : [{ labels: {}, value }]);
  }

  getMetrics(query: MetricQuery, limits?: MetricQueryLimits): Promise<MetricResult[]> {
    this.asked.push(query);
    this.limits = limits;
    if (this.failure) return Promise.reject(this.failure);
    const start = '2026-01-01T00:00:00.000Z';
    return Promise.resolve(
      (this.values.get(query.metricName) ?? []).map(({ labels, value }) => ({
        metricName: query.metricName,
        aggregation: 'avg' as const,
        unit: '',
        labels,
        points: [{ start, value, coverage: null }],
        asOf: start,
        position: null,
      })),
    );
  }
}

/** A sink that keeps what it gets, and can fail. */
export class FakeSink implements NoticeSink {
  readonly got: AlertNotice[] = [];
  failure: Error | null = null;

  constructor(readonly name = 'fake') {}

  deliver(notice: AlertNotice): Promise<void> {
    if (this.failure) return Promise.reject(this.failure);
    this.got.push(structuredClone(notice));
    return Promise.resolve();
  }

  /** What came, in words: kind and rules. */
  get told(): string[] {
    return this.got.map(({ kind, incidents }) => `${kind} ${incidents.map(({ rule }) => rule).join(' ')}`);
  }
}

/** A DataSource that can be away, or say nothing. */
export class FlakySql implements Pick<Sql, 'query' | 'transaction'> {
  away = false;
  hangs = false;

  constructor(private readonly inner: Sql) {}

  readonly query = (async (statement: string, parameters?: unknown[]) => {
    await this.check();
    return this.inner.query<unknown>(statement, parameters);
  }) as Sql['query'];

  readonly transaction = (async (work: never) => {
    await this.check();
    return this.inner.transaction(work);
  }) as Sql['transaction'];

  private async check(): Promise<void> {
    if (this.hangs) await new Promise(() => undefined);
    if (this.away) throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  }
}

/** One replica with nothing but the alerting module, on a clock that is moved by hand. */
export interface AlertingApp {
  app: INestApplication;
  alerting: Alerting;
  time: FakeTime;
  metrics: FakeMetrics;
  sink: FakeSink;
  publisher: FakePublisher;
  audit: AuditEntry[];
  sql: FlakySql;
  lines: string[];
  updates: () => AlertUpdate[];
  /** Lets evaluations happen: moves the clock by so many intervals. */
  evaluate(times?: number): Promise<void>;
  alerts(): Promise<Alert[]>;
  http(
    path: string,
    options?: { role?: string; method?: string; body?: unknown },
  ): Promise<{ status: number; json: unknown }>;
  close(): Promise<void>;
}

@Module({})
class PortsModule {}

/** What decides over a replica beside its options. */
export interface ReplicaOptions {
  time?: FakeTime;
  metrics?: FakeMetrics;
  sink?: FakeSink;
  lease?: Lease;
  /** @default true: wait until it has the lease */
  leads?: boolean;
  ports?: DynamicModule['providers'];
  bare?: boolean;
}

/** The leases of one test database: their fences rise also when a replica is started again on it. */
function leasesOf(database: TestDatabase): MemoryLeases {
  const leases = known.get(database) ?? new MemoryLeases();
  known.set(database, leases);
  return leases;
}
const known = new WeakMap<TestDatabase, MemoryLeases>();

export const INTERVAL_MS = 10_000;

/** Migrates and starts the module on a test database. */
export async function startAlerting(
  database: TestDatabase,
  options: AlertingOptions & AlertingModuleExtras,
  replica: ReplicaOptions = {},
): Promise<AlertingApp> {
  await migrateFleetdeck(database.dataSource, [alertingMigrations]);
  const time = replica.time ?? new FakeTime();
  const metrics = replica.metrics ?? new FakeMetrics();
  const sink = replica.sink ?? new FakeSink();
  const publisher = new FakePublisher();
  const audit: AuditEntry[] = [];
  const sql = new FlakySql(database.dataSource);
  const lines: string[] = [];
  const resolver: PrincipalResolver = {
    resolve: ({ headers }) => {
      const role = headers['x-role'];
      return Promise.resolve(
        isRole(role) ? { subject: 'ada', role, method: 'bearer', expiresAt: null } : null,
      );
    },
  };
  const filled = replica.bare
    ? []
    : [
        { provide: METRIC_QUERY, useValue: metrics },
        { provide: PUBLISHER, useValue: publisher },
        {
          provide: AUDIT_SINK,
          useValue: { logEvent: (entry: AuditEntry) => Promise.resolve(void audit.push(entry)) },
        },
      ];
  const providers = [
    { provide: CLOCK, useValue: time.clock },
    { provide: ALERTING_TIMERS, useValue: time },
    { provide: PRINCIPAL_RESOLVER, useValue: resolver },
    ...filled,
    ...(replica.ports ?? []),
  ];
  const ports: DynamicModule = {
    module: PortsModule,
    global: true,
    providers,
    exports: providers.map((provider) => (provider as { provide: symbol }).provide),
  };
  const note = (line: unknown) => void lines.push(String(line));
  const testing = await Test.createTestingModule({
    imports: [
      ports,
      AlertingModule.forRoot({
        dataSource: sql,
        lease: replica.lease ?? leasesOf(database).replica(),
        sinks: [sink],
        evaluationIntervalMs: INTERVAL_MS,
        // So that a test sees at once what it is about; grouping has tests of its own.
        groupIntervalMs: 0,
        ...options,
      }),
    ],
  })
    .setLogger({ log: note, warn: note, error: note })
    .compile();
  const app = testing.createNestApplication();
  await app.listen(0, '127.0.0.1');
  const base = await app.getUrl();
  const alerting = app.get(Alerting);
  const leading = async (): Promise<void> => {
    while (alerting.stats().evaluator?.evaluatedAt == null)
      await new Promise((resolve) => setTimeout(resolve, 5));
    await alerting.settled();
  };
  if (replica.leads !== false) await leading();
  return {
    app,
    alerting,
    time,
    metrics,
    sink,
    publisher,
    audit,
    sql,
    lines,
    updates: () => publisher.published.map(({ data }) => data as AlertUpdate),
    async evaluate(times = 1) {
      for (let i = 0; i < times; i += 1) await time.advance(INTERVAL_MS, () => alerting.settled());
    },
    alerts: async () => ((await alerting.alerts()) satisfies AlertsAnswer).alerts,
    async http(path, { role, method, body } = {}) {
      const answer = await fetch(`${base}/api/v1/${path}`, {
        method: method ?? (body === undefined ? 'GET' : 'POST'),
        headers: { ...(role ? { 'x-role': role } : {}), 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: answer.status, json: await answer.json() };
    },
    close: () => app.close(),
  };
}
