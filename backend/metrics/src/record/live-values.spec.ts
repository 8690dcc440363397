import { describe, expect, it } from '@jest/globals';
import { FakeClock, FakePublisher } from '@fleetdeck/kernel/testing';
import { MetricEntry } from '../registry/series.ts';
import { ManualTimers } from '../testing/manual-timers.ts';
import { LiveValues } from './live-values.ts';

function setUp() {
  const clock = new FakeClock('1970-01-01T00:00:00.000Z');
  const timers = new ManualTimers(clock);
  const publisher = new FakePublisher();
  const lines: string[] = [];
  const live = new LiveValues(
    () => publisher,
    clock,
    timers,
    (line) => lines.push(line),
  );
  const metric = new MetricEntry(
    {
      name: 'x',
      kind: 'gauge',
      unit: '',
      help: '',
      labels: [],
      expectedEveryMs: null,
      goodDirection: 'none',
    },
    false,
    false,
  );
  const values = () => publisher.published.map(({ data }) => (data as { value: number }).value);
  return { clock, timers, publisher, lines, live, metric, values, series: metric.seriesOf({}, 10) };
}

describe('LiveValues', () => {
  it('publishes the first value at once, then the newest each quarter of a second', () => {
    const { clock, timers, live, series, values } = setUp();
    for (let i = 0; i <= 25; i += 1) {
      live.note(series, i, clock.now());
      timers.advance(25);
    }
    expect(values()).toEqual([0, 9, 19]);
    timers.advance(250);
    expect(values()).toEqual([0, 9, 19, 25]);
    expect(timers.size).toBe(0);
  });

  it('spaces each series by itself', () => {
    const { timers, live, metric, publisher } = setUp();
    const [a, b] = [metric.seriesOf({ s: 'a' }, 10), metric.seriesOf({ s: 'b' }, 10)];
    live.note(a, 1, 0);
    timers.advance(150);
    live.note(b, 2, 150);
    live.note(a, 3, 150);
    live.note(b, 4, 150);
    timers.advance(100);
    expect(publisher.published).toHaveLength(3);
    timers.advance(150);
    expect(publisher.published.map(({ topic, data }) => [topic, data])).toEqual([
      ['metrics.x', { metricName: 'x', labels: { s: 'a' }, value: 1, at: '1970-01-01T00:00:00.000Z' }],
      ['metrics.x', { metricName: 'x', labels: { s: 'b' }, value: 2, at: '1970-01-01T00:00:00.150Z' }],
      ['metrics.x', { metricName: 'x', labels: { s: 'a' }, value: 3, at: '1970-01-01T00:00:00.150Z' }],
      ['metrics.x', { metricName: 'x', labels: { s: 'b' }, value: 4, at: '1970-01-01T00:00:00.150Z' }],
    ]);
  });

  it('does not let a late value replace a newer one', () => {
    const { timers, live, series, values } = setUp();
    live.note(series, 1, 1000);
    live.note(series, 2, 999);
    timers.advance(5000);
    expect(values()).toEqual([1]);
  });

  it('publishes what it holds back when it closes, and leaves no timer', () => {
    const { timers, live, series, values } = setUp();
    live.note(series, 1, 0);
    live.note(series, 2, 1);
    live.close();
    expect(values()).toEqual([1, 2]);
    expect(timers.size).toBe(0);
  });

  it('says once that a topic cannot be published, and goes on', () => {
    const { timers, live, series, lines, publisher } = setUp();
    publisher.publish = () => {
      throw new Error('There is no topic "metrics.x".');
    };
    live.note(series, 1, 0);
    timers.advance(1000);
    live.note(series, 2, 1000);
    expect(lines).toEqual([
      'Live values cannot be published: There is no topic "metrics.x". Give topics "metrics.*" a policy.',
    ]);
  });
});
