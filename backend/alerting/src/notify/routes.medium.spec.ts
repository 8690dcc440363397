import { describe, expect, it } from '@jest/globals';
import type { AlertRule } from '../rule/alert-rule.ts';
import { FakeSink } from '../testing/alerting-app.fixture.ts';
import { DOWN, down, evaluatorSuite } from '../testing/evaluator-suite.fixture.ts';

const { apps, start } = evaluatorSuite();

describe('routes', () => {
  const rules: AlertRule[] = [
    { ...DOWN, groupBy: [] },
    { ...DOWN, name: 'Unwell', health: { component: '*' }, severity: 'degraded', groupBy: [] },
  ];
  const matchers = [{ label: 'severity', is: 'equals' as const, value: 'critical' }];
  const told = (sink: FakeSink) =>
    sink.got.map(({ kind, severity, incidents }) => [kind, severity, ...incidents.map(({ rule }) => rule)]);

  it('bring each sink its part of a notice, and its end', async () => {
    const [log, pager] = [new FakeSink('log'), new FakeSink('pager')];
    const routes = [{ matchers, sinks: ['log', 'pager'] }, { sinks: ['log'] }];
    const app = await start({ rules, routes, sinks: [log, pager] });
    down(app, 'broker');
    await app.evaluate();
    down(app, 'broker', false);
    // What this replica said before counts until the store has heard otherwise.
    while (log.got.length < 2) await app.evaluate();
    expect(told(log)).toEqual([
      ['firing', 'critical', 'Down', 'Unwell'],
      ['resolved', 'critical', 'Down', 'Unwell'],
    ]);
    expect(told(pager)).toEqual([
      ['firing', 'critical', 'Down'],
      ['resolved', 'critical', 'Down'],
    ]);
    expect(app.alerting.stats().evaluator?.abandonedNotices).toBe(0);
    expect(new Set([...log.got, ...pager.got].map(({ id }) => id)).size).toBe(4);
  });

  it('that are changed leave nobody without the end of what they were told of', async () => {
    const sinks = [new FakeSink('log'), new FakeSink('pager')];
    const app = await start({ rules, routes: [{ matchers, sinks: ['pager'] }, { sinks: [] }], sinks });
    down(app, 'broker');
    await app.evaluate();
    apps.splice(apps.indexOf(app), 1);
    await app.close();
    const next = await start({ rules, routes: [{ sinks: ['log'] }], sinks }, { time: app.time });
    await next.evaluate();
    const [log, pager] = sinks.map((sink) => told(sink));
    expect(pager).toEqual([
      ['firing', 'critical', 'Down'],
      ['resolved', 'critical', 'Down'],
    ]);
    expect(log).toEqual([]);
    const { items } = await next.alerting.incidents();
    expect(items.map(({ rule, notifiedAt }) => [rule, notifiedAt !== null]).sort()).toEqual([
      ['Down', true],
      ['Unwell', false],
    ]);
  });
});
