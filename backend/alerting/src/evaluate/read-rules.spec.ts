import { describe, expect, it } from '@jest/globals';
import type { MetricResult } from '@fleetdeck/dto';
import type { MetricQuerier } from '@fleetdeck/kernel';
import { parseRules } from '../rule/parse-rules.ts';
import { FakeTime, turn } from '../testing/fake-time.fixture.ts';
import { healthReadings, RuleReader } from './read-rules.ts';

const TIMEOUT_MS = 5000;
const metricRule = (i: number) => ({
  name: `Lag${i}`,
  metric: { name: 'lag_ms', window: '1m', aggregation: 'p95' } as const,
  when: { is: 'above', value: 200 } as const,
  severity: 'degraded' as const,
  message: 'late',
});
const down = {
  name: 'Down',
  health: { component: '*', status: 'critical' } as const,
  severity: 'critical' as const,
  message: '{{component}}',
};

function read(getMetrics: MetricQuerier['getMetrics'], count: number) {
  const time = new FakeTime();
  const told: string[] = [];
  const rules = parseRules([...Array.from({ length: count }, (_rule, i) => metricRule(i)), down]);
  const reader = new RuleReader(rules, { getMetrics }, time, TIMEOUT_MS, (rule) => told.push(rule));
  const signals = [{ source: 'health:postgres', severity: 'critical' as const, message: 'no answer' }];
  return { time, told, reading: reader.read(signals) };
}

describe('RuleReader', () => {
  it('waits once for all metrics that hang, however many they are, and still reads health', async () => {
    let asked = 0;
    const hang = () => ((asked += 1), new Promise<never>(() => undefined));
    const { time, told, reading } = read(hang, 20);
    await time.advance(TIMEOUT_MS);
    const readings = await reading;
    expect(readings.get('Down')).toMatchObject([{ value: 2, reason: 'no answer' }]);
    expect([...readings.values()].filter((each) => each === null)).toHaveLength(20);
    expect(told).toHaveLength(20);
    expect(asked).toBeLessThan(10);
  });

  it('reads first the next time what it did not get to, so that a slow database leaves no rule blind', async () => {
    const time = new FakeTime();
    const asked: string[] = [];
    const getMetrics = ({ metricName }: { metricName: string }) => {
      asked.push(metricName);
      return new Promise<never>(() => undefined);
    };
    const rules = parseRules(
      Array.from({ length: 12 }, (_rule, i) => ({
        ...metricRule(i),
        metric: { ...metricRule(i).metric, name: `m${i}` },
      })),
    );
    const reader = new RuleReader(rules, { getMetrics }, time, TIMEOUT_MS, () => undefined);
    for (let round = 0; round < 3; round += 1) {
      const reading = reader.read([]);
      await time.advance(TIMEOUT_MS);
      await reading;
    }
    expect(new Set(asked).size).toBe(12);
  });

  it('asks for what the rule says, and takes a window with too few of its points for one without data', async () => {
    const asked: unknown[] = [];
    const start = '2026-01-01T00:00:00.000Z';
    const result = (node: string, value: number | null, coverage: number | null): MetricResult => ({
      ...{ metricName: 'lag_ms', aggregation: 'p95', unit: 'ms', labels: { node, zone: 'eu' } },
      ...{ asOf: start, position: null, points: [{ start, value, coverage }] },
    });
    const getMetrics = (query: unknown) => {
      asked.push(query);
      return Promise.resolve([
        result('full', 7, 1),
        result('half', 7, 0.5),
        result('thin', 7, 0.49),
        result('undeclared', 7, null),
        result('none', null, 1),
        result('endless', Infinity, 1),
      ]);
    };
    const metric = { ...metricRule(0).metric, labels: { zone: 'eu' }, groupBy: ['node'] };
    const readings = (minCoverage: number) =>
      new RuleReader(
        parseRules([{ ...metricRule(0), metric: { ...metric, minCoverage } }]),
        { getMetrics },
        new FakeTime(),
        TIMEOUT_MS,
        () => undefined,
      ).read([]);
    const values = async (minCoverage: number): Promise<Record<string, number | null>> => {
      const read = (await readings(minCoverage)).get('Lag0') ?? [];
      return Object.fromEntries(read.map(({ labels, value }) => [labels['node'] ?? '', value]));
    };
    const none = { none: null, endless: null };
    expect(await values(0.5)).toEqual({ full: 7, half: 7, thin: null, undeclared: 7, ...none });
    expect(await values(0)).toEqual({ full: 7, half: 7, thin: 7, undeclared: 7, ...none });
    expect(asked[0]).toEqual({
      metricName: 'lag_ms',
      timeWindow: '1m',
      aggregation: 'p95',
      labels: { zone: 'eu' },
      groupBy: ['node'],
    });
  });

  it('takes a component for the worst of what the replicas say, and leaves out what the rule does', () => {
    const said = (source: string, severity: 'degraded' | 'critical') => ({
      source,
      severity,
      message: `${source} ${severity}`,
    });
    const signals = [
      said('health:a', 'degraded'),
      said('health:a', 'critical'),
      said('health:a', 'degraded'),
      said('health:b', 'degraded'),
      said('c', 'critical'),
    ];
    expect(healthReadings({ component: '*', except: ['b'] }, signals)).toEqual([
      { labels: { component: 'a' }, value: 2, reason: 'health:a critical' },
      { labels: { component: 'c' }, value: 2, reason: 'c critical' },
    ]);
    expect(healthReadings({ component: 'b', except: [] }, signals)).toMatchObject([{ value: 1 }]);
  });

  it('leaves no timer behind when all have answered', async () => {
    const { time, reading } = read(() => Promise.resolve([]), 3);
    await turn();
    expect((await reading).get('Lag2')).toEqual([]);
    expect(time.size).toBe(0);
  });
});
