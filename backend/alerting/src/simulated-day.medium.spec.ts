import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { MetricQuery, MetricResult } from '@fleetdeck/dto';
import { createTestDatabase, type TestDatabase } from '@fleetdeck/kernel/testing';
import { alertDay } from '../../../tools/soak/alert-day.mjs';
import type { AlertRule } from './index.ts';
import { FakeMetrics, startAlerting } from './testing/alerting-app.fixture.ts';

const SEED = 7;
const INTERVAL_MS = 15_000;
const MINUTE = 60_000;

const rule: AlertRule = {
  name: 'Load',
  metric: { name: 'load', window: '1m', aggregation: 'last' },
  when: { is: 'above', value: 100 },
  forMs: MINUTE,
  keepFiringForMs: 5 * MINUTE,
  severity: 'critical',
  message: 'The load is {{value}}.',
};

describe('a simulated day with gaps', () => {
  const day = alertDay(SEED);
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  it('would send over a hundred notices on a plain threshold', () => {
    let sent = 0;
    let bad = false;
    for (let at = 0; at < day.lengthMs; at += INTERVAL_MS) {
      const now = (day.valueAt(at) ?? 0) > day.limit;
      if (now !== bad) sent += 1;
      bad = now;
    }
    expect(sent).toBeGreaterThan(100);
  });

  it('finds 3 of 3 incidents with 6 notices, each begin within its time and two evaluations', async () => {
    const metrics = new FakeMetrics();
    const app = await startAlerting(
      database,
      {
        rules: [rule],
        evaluationIntervalMs: INTERVAL_MS,
        groupIntervalMs: 5 * MINUTE,
        reminderIntervalMs: 0,
      },
      { metrics },
    );
    const midnight = app.time.clock.now();
    metrics.getMetrics = ({ metricName }: MetricQuery): Promise<MetricResult[]> => {
      const value = day.valueAt(app.time.clock.now() - midnight);
      const start = '2026-01-01T00:00:00.000Z';
      const points = [{ start, value, coverage: null }];
      return Promise.resolve([
        { metricName, aggregation: 'avg', unit: '', labels: {}, points, asOf: start, position: null },
      ]);
    };
    await app.time.advance(day.lengthMs, () => app.alerting.settled());
    const told = app.sink.got.map(({ kind, at }) => ({ kind, atMs: Date.parse(at) - midnight }));
    expect(told.map(({ kind }) => kind)).toEqual(day.incidents.flatMap(() => ['firing', 'resolved']));
    day.incidents.forEach(({ from, until }, i) => {
      const begin = (told[2 * i]?.atMs ?? Infinity) - from;
      expect(begin).toBeGreaterThanOrEqual(MINUTE);
      expect(begin).toBeLessThanOrEqual(MINUTE + 2 * INTERVAL_MS);
      expect(told[2 * i + 1]?.atMs).toBeGreaterThanOrEqual(until);
    });
    const { items } = await app.alerting.incidents({ state: 'ended' });
    expect(items).toHaveLength(3);
    await app.close();
  }, 240_000);
});
