import { describe, expect, it } from '@jest/globals';
import type { MetricQuerier } from '@fleetdeck/kernel';
import { parseRules } from '../rule/parse-rules.ts';
import { FakeTime, turn } from '../testing/fake-time.fixture.ts';
import { RuleReader } from './read-rules.ts';

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

  it('leaves no timer behind when all have answered', async () => {
    const { time, reading } = read(() => Promise.resolve([]), 3);
    await turn();
    expect((await reading).get('Lag2')).toEqual([]);
    expect(time.size).toBe(0);
  });
});
