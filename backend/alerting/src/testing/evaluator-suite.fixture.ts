import { afterEach, beforeEach } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '@fleetdeck/kernel/testing';
import { AlertingHealth } from '../alerting.health.ts';
import type { AlertRule } from '../rule/alert-rule.ts';
import { INTERVAL_MS, startAlerting, type AlertingApp, type ReplicaOptions } from './alerting-app.fixture.ts';

export const LAG = {
  name: 'LoopLag',
  metric: { name: 'lag_ms', window: '1m', aggregation: 'p95' },
  when: { is: 'above', value: 200 },
  forMs: INTERVAL_MS,
  severity: 'degraded',
  message: '{{value}} ms late.',
} satisfies AlertRule;
export const DOWN = {
  name: 'Down',
  health: { component: '*', status: 'critical' },
  severity: 'critical',
  message: '{{component}}: {{reason}}',
} satisfies AlertRule;

/** A database for each test, and the replicas on it, which end with the test. */
export interface EvaluatorSuite {
  readonly database: TestDatabase;
  /** Those that are open; take one out to close it yourself. */
  readonly apps: AlertingApp[];
  start: (options: Parameters<typeof startAlerting>[1], replica?: ReplicaOptions) => Promise<AlertingApp>;
  /** Closes a replica while its clock goes on. */
  closeInTime: (app: AlertingApp) => Promise<void>;
}

/** Sets up an {@link EvaluatorSuite} around each test of a file. */
export function evaluatorSuite(): EvaluatorSuite {
  const apps: AlertingApp[] = [];
  let database: TestDatabase;
  beforeEach(async () => {
    database = await createTestDatabase();
  });
  afterEach(async () => {
    await Promise.all(apps.splice(0).map((app) => app.close()));
    await database.drop();
  });
  return {
    get database() {
      return database;
    },
    apps,
    async start(options, replica = {}) {
      const app = await startAlerting(database, options, replica);
      apps.push(app);
      return app;
    },
    async closeInTime(app) {
      apps.splice(apps.indexOf(app), 1);
      let open = true;
      const closed = app.close().finally(() => (open = false));
      while (open) await app.time.advance(1000);
      await closed;
    },
  };
}

/** Waits for something that happens by itself, without the clock of the test. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Says what the health of a replica says of a component. */
export const down = (app: AlertingApp, component: string, active = true): void =>
  app.alerting.signal({
    source: `health:${component}`,
    active,
    severity: 'critical',
    message: 'no answer',
    at: app.time.clock.now(),
  });

/** What the module says of its own health. */
export const health = (app: AlertingApp) => app.app.get(AlertingHealth).checkHealth();
