import { describe, expect, it } from '@jest/globals';
import type { AlertRule } from '../rule/alert-rule.ts';
import { parseValues } from './points.ts';
import { testRules } from './test-rules.ts';

const lag: AlertRule = {
  name: 'LoopLag',
  metric: { name: 'lag_ms', window: '1m', aggregation: 'avg', groupBy: ['node'] },
  when: { is: 'above', value: 200, recoverAt: 100 },
  forMs: 30_000,
  keepFiringForMs: 60_000,
  severity: 'degraded',
  message: '{{labels.node}} is {{value}} ms late.',
};

describe('testRules', () => {
  it('says when people would be told, and what', () => {
    const run = testRules({
      rules: [lag],
      series: [
        { metric: 'lag_ms', labels: { node: 'a' }, values: '20x6 300x20 20x60' },
        { metric: 'lag_ms', labels: { node: 'b' }, values: '20x90' },
        { metric: 'other', values: '999x90' },
      ],
      untilMs: 800_000,
    });
    expect(run.notices.map(({ atMs, kind, messages }) => [atMs, kind, messages])).toEqual([
      [120_000, 'firing', ['a is 300 ms late.']],
      [420_000, 'resolved', ['a is 20 ms late.']],
    ]);
    expect(run.at(110_000)).toMatchObject([{ state: 'pending', labels: { node: 'a' } }]);
    expect(run.at(119_999)).toMatchObject([{ state: 'pending' }]);
    expect(run.at(120_000)).toMatchObject([{ state: 'firing' }]);
    expect(run.at(800_000)).toEqual([]);
    expect(run.at(-1)).toEqual([]);
    expect(run.changes.map(({ to }) => to)).toEqual(['pending', 'firing', 'recovering', 'inactive']);
  });

  it('says which sinks would be told, by the routes', () => {
    const down = (name: string, severity: 'degraded' | 'critical'): AlertRule => ({
      name,
      health: { component: '*' },
      severity,
      message: '{{component}}: {{reason}}',
    });
    const test = {
      rules: [down('Down', 'critical'), down('Unwell', 'degraded'), { ...down('Seen', 'degraded') }],
      health: [
        { atMs: 0, component: 'db', status: 'critical' as const },
        { atMs: 400_000, component: 'db', status: 'healthy' as const },
      ],
      groupBy: ['component'],
      routes: [
        {
          matchers: [{ label: 'severity', is: 'equals' as const, value: 'critical' }],
          sinks: ['pager', 'log'],
        },
        { matchers: [{ label: 'rule', is: 'startsWith' as const, value: 'See' }], sinks: [] },
      ],
      untilMs: 400_000,
    };
    expect(
      testRules(test).notices.map(({ kind, rules, sinks }) => [kind, rules.join(), sinks.join()]),
    ).toEqual([
      ['firing', 'Down,Unwell', 'log,pager'],
      ['resolved', 'Down,Unwell', 'log,pager'],
    ]);
    const more = testRules({ ...test, sinks: ['log', 'chat', 'pager'] }).notices;
    expect(more.map(({ kind, rules, sinks }) => [kind, rules.join(), sinks.join()])).toEqual([
      ['firing', 'Down,Unwell', 'log,pager'],
      ['firing', 'Unwell', 'chat'],
      ['resolved', 'Down,Unwell', 'log,pager'],
      ['resolved', 'Unwell', 'chat'],
    ]);
    expect(() => testRules({ ...test, sinks: ['log'] })).toThrow(/routes\[0\]\.sinks .* it has "pager"/);
    const [notice] = testRules({
      rules: [lag],
      series: [{ metric: 'lag_ms', values: '300x20' }],
      untilMs: 200_000,
    }).notices;
    expect(notice?.sinks).toEqual(['log']);
  });

  it('tries health rules, reminders, silences, grouping and pauses', () => {
    const rules: AlertRule[] = [
      {
        name: 'Down',
        health: { component: '*', except: ['disk'], status: 'critical' },
        severity: 'critical',
        message: '{{component}} is {{value}}: {{reason}}',
      },
    ];
    const run = testRules({
      rules,
      health: [
        { atMs: 100_000, component: 'db', status: 'healthy' },
        { atMs: 10_000, component: 'db', status: 'critical', reason: 'gone' },
        { atMs: 10_000, component: 'mq', status: 'critical' },
        { atMs: 10_000, component: 'disk', status: 'critical' },
        { atMs: 10_000, component: 'loop', status: 'degraded' },
      ],
      silences: [
        { matchers: [{ label: 'component', is: 'equals', value: 'mq' }], endsAt: '2026-01-01T00:00:50.000Z' },
      ],
      pauses: [{ fromMs: 20_000, untilMs: 40_000 }],
      reminderIntervalMs: 60_000,
      evaluationIntervalMs: 10_000,
      groupBy: ['component'],
      groupIntervalMs: 0,
      untilMs: 110_000,
    });
    expect(run.notices.map(({ atMs, kind, messages }) => [atMs, kind, ...messages])).toEqual([
      [10_000, 'firing', 'db is critical: gone'],
      [50_000, 'firing', 'mq is critical: It is critical.'],
      [70_000, 'reminder', 'db is critical: gone'],
      [100_000, 'resolved', 'db is healthy: it is well again.'],
      [110_000, 'reminder', 'mq is critical: It is critical.'],
    ]);
    expect(run.at(30_000)).toHaveLength(2);
    expect(run.at(30_000).find(({ labels }) => labels['component'] === 'mq')?.silencedBy).toBe('silence-0');
  });

  describe('forty nodes that go bad one after the other, ten seconds apart', () => {
    const storm = (options: Partial<Parameters<typeof testRules>[0]>) =>
      testRules({
        rules: [lag],
        series: Array.from({ length: 40 }, (_each, i) => ({
          metric: 'lag_ms',
          labels: { node: `n${i}` },
          values: `20x${6 + i} 300x2000`,
        })),
        reminderIntervalMs: 1_800_000,
        untilMs: 2_500_000,
        ...options,
      }).notices.map(({ atMs, kind, rules }) => [atMs, kind, rules.length]);

    it('are told at once of the first, then of the others together, and all share a reminder', () => {
      const first = 120_000;
      expect(storm({})).toEqual([
        [first, 'firing', 1],
        [first + 300_000, 'firing', 30],
        [first + 600_000, 'firing', 9],
        [first + 1_800_000, 'reminder', 40],
      ]);
    });

    it('may have the first wait for others, and be told of more often or less', () => {
      const options = { groupWaitMs: 30_000, groupIntervalMs: 200_000, untilMs: 600_000 };
      expect(storm(options)).toEqual([
        [150_000, 'firing', 4],
        [350_000, 'firing', 20],
        [550_000, 'firing', 16],
      ]);
      const atOnce = storm({ groupIntervalMs: 0, untilMs: 600_000 });
      expect(atOnce).toHaveLength(40);
    });

    it('are told of the ones that wait with a reminder, which is not put off', () => {
      const options = { groupIntervalMs: 3_600_000, reminderIntervalMs: 300_000, untilMs: 500_000 };
      expect(storm(options)).toEqual([
        [120_000, 'firing', 1],
        [420_000, 'firing', 30],
        [420_000, 'reminder', 1],
      ]);
    });
  });

  it('groups incidents of a rule by its own labels where it says so, also with those of another rule', () => {
    const metric = { name: 'lag_ms', window: '1m', aggregation: 'last', groupBy: ['node'] } as const;
    const high: AlertRule = { ...lag, name: 'High', forMs: 0, metric, groupBy: ['node'] };
    const run = testRules({
      rules: [high, { ...high, name: 'Low', severity: 'critical' }, { ...high, name: 'All', groupBy: [] }],
      series: ['a', 'b'].map((node) => ({ metric: 'lag_ms', labels: { node }, values: '300x3' })),
      untilMs: 0,
    });
    expect(run.notices.map(({ notice, rules }) => [notice.group, notice.severity, rules])).toEqual([
      [{ node: 'a' }, 'critical', ['High', 'Low']],
      [{ node: 'b' }, 'critical', ['High', 'Low']],
      [{}, 'degraded', ['All', 'All']],
    ]);
  });

  describe('what is over', () => {
    const metric = { name: 'lag_ms', window: '1m', aggregation: 'last', groupBy: ['node'] } as const;
    const last: AlertRule = { ...lag, forMs: 0, keepFiringForMs: 0, metric };
    const told = (nodes: Record<string, string>, options: Partial<Parameters<typeof testRules>[0]>) =>
      testRules({
        rules: [last],
        series: Object.entries(nodes).map(([node, values]) => ({
          metric: 'lag_ms',
          labels: { node },
          values,
        })),
        untilMs: 890_000,
        ...options,
      }).notices.map(({ atMs, kind, notice }) => [
        atMs,
        kind,
        ...notice.incidents.map(({ labels }) => labels['node']),
      ]);

    it('is told to nobody who was not told of its begin, else at the turn of its group, before what fires since', () => {
      const nodes = {
        a: '300x10 20x80',
        b: '20 300x3 20x86',
        c: '20x12 300x30 20x48',
        d: '20x80 300x10',
      };
      expect(told(nodes, {})).toEqual([
        [0, 'firing', 'a'],
        [300_000, 'resolved', 'a'],
        [300_000, 'firing', 'c'],
        [600_000, 'resolved', 'c'],
        // All of the group is over, and everybody knows.
        [800_000, 'firing', 'd'],
      ]);
    });

    it('waits for its own group where its rule has one', () => {
      const nodes = { a: '300x10 20x80', b: '20x20 300x5 20x65' };
      const options = { rules: [{ ...last, groupBy: ['node'] }] };
      expect(told(nodes, options)).toEqual([
        [0, 'firing', 'a'],
        [200_000, 'firing', 'b'],
        [300_000, 'resolved', 'a'],
        [500_000, 'resolved', 'b'],
      ]);
    });

    it('goes along with a reminder, and does not put the next one off', () => {
      const options = { groupIntervalMs: 3_600_000, reminderIntervalMs: 300_000, untilMs: 600_000 };
      expect(told({ a: '300x90', b: '300x10 20x80' }, options)).toEqual([
        [0, 'firing', 'a', 'b'],
        [300_000, 'resolved', 'b'],
        [300_000, 'reminder', 'a'],
        [600_000, 'reminder', 'a'],
      ]);
    });

    it('is told while the rest is silenced or acknowledged by nobody, and puts no reminder off', () => {
      const silences = [
        {
          matchers: [{ label: 'node', is: 'equals' as const, value: 'a' }],
          startsAt: '2026-01-01T00:01:00.000Z',
          endsAt: '2026-01-01T01:00:00.000Z',
        },
      ];
      const options = { silences, reminderIntervalMs: 500_000 };
      expect(told({ a: '300x90', b: '300x40 20x50', c: '300x90' }, options)).toEqual([
        [0, 'firing', 'a', 'b', 'c'],
        [400_000, 'resolved', 'b'],
        [500_000, 'reminder', 'c'],
      ]);
    });

    it('of forty nodes that recover one after the other is three notices', () => {
      const nodes = Object.fromEntries(
        Array.from({ length: 40 }, (_each, i) => [`n${i}`, `300x${60 + i} 20x200`]),
      );
      const notices = told(nodes, { untilMs: 2_000_000, reminderIntervalMs: 0 });
      expect(notices.map(([atMs, kind, ...incidents]) => [atMs, kind, incidents.length])).toEqual([
        [0, 'firing', 40],
        [600_000, 'resolved', 1],
        [900_000, 'resolved', 30],
        [1_200_000, 'resolved', 9],
      ]);
    });

    it('of a node that flaps every two minutes is told no more often than its group', () => {
      const hour = 3_600_000;
      const notices = told({ a: '300x6 20x6 '.repeat(30) }, { untilMs: hour });
      expect(notices.length).toBeLessThanOrEqual((2 * hour) / 300_000 + 2);
      const kinds = notices.map(([, kind]) => kind);
      expect(kinds).toEqual(kinds.map((_kind, i) => (i % 2 === 0 ? 'firing' : 'resolved')));
    });
  });

  it.each([
    ['avg', 15],
    ['min', 0],
    ['max', 30],
    ['sum', 60],
    ['count', 4],
    ['last', 5],
    ['p50', 5],
    ['p99', 25],
    ['ratePerSecond', 4 / 60],
    ['ratePerMinute', 4],
  ] as const)('answers %s over the window from the exact points', (aggregation, value) => {
    const rule: AlertRule = {
      name: 'Any',
      metric: { name: 'm', window: '1m', aggregation, labels: { node: 'a' } },
      when: { is: 'atLeast', value: -1 },
      severity: 'degraded',
      message: '{{value}}',
    };
    const run = testRules({
      rules: [rule],
      series: [
        { metric: 'm', labels: { node: 'a' }, values: '0 25 30 5' },
        { metric: 'm', labels: { node: 'b' }, values: '7777x4' },
      ],
      untilMs: 30_000,
    });
    expect(run.at(30_000)[0]?.value).toBeCloseTo(value, 9);
  });

  const rule = (metric: Partial<NonNullable<AlertRule['metric']>>): AlertRule => ({
    name: 'Any',
    metric: { name: 'm', window: '1m', aggregation: 'ratePerMinute', ...metric },
    when: { is: 'atLeast', value: -1 },
    severity: 'degraded',
    message: '{{value}}',
  });

  it('takes a rate of what a counter rose by, also from the one point that the window has', () => {
    const run = testRules({
      rules: [rule({})],
      series: [
        { metric: 'm', labels: { node: 'a' }, kind: 'counter', stepMs: 60_000, values: '100 160 5' },
        { metric: 'm', labels: { node: 'b' }, kind: 'counter', stepMs: 60_000, values: '7 _ 9' },
      ],
      untilMs: 180_000,
    });
    expect(run.at(50_000)).toEqual([]);
    expect(run.at(110_000)[0]?.value).toBe(60);
    // The second one rose by 2 in two minutes.
    expect(run.at(170_000)[0]?.value).toBe(5 + 1);
  });

  it('takes no gap of a counter for a high rate', () => {
    const run = testRules({
      rules: [rule({ aggregation: 'ratePerSecond' })],
      series: [
        { metric: 'm', labels: { node: 'a' }, kind: 'counter', values: '0+1000x6 _x180 186000+1000x6' },
        { metric: 'm', labels: { node: 'b' }, kind: 'counter', values: '0+10x200' },
      ],
      untilMs: 1_900_000,
    });
    expect([1_860_000, 1_880_000].map((ms) => run.at(ms)[0]?.value)).toEqual([101, 101]);
  });

  it('has no data where fewer points came than minCoverage asks for', () => {
    const values = (more: object) =>
      testRules({
        rules: [rule({ aggregation: 'avg', minCoverage: 0.5 })],
        series: [{ metric: 'm', values: '1x6 _x4 1x2', ...more }],
        untilMs: 110_000,
      });
    const covered = values({ expectedEveryMs: 10_000 });
    expect([60_000, 90_000].map((ms) => covered.at(ms)[0]?.value)).toEqual([1, null]);
    expect(values({}).at(90_000)[0]?.value).toBe(1);
  });

  it('counts series that fell silent in the last hour as due, and none for more than its own points', () => {
    const run = testRules({
      rules: [rule({ aggregation: 'avg', minCoverage: 0.9 })],
      series: [
        { metric: 'm', labels: { node: 'a' }, stepMs: 5000, values: '1x900', expectedEveryMs: 10_000 },
        { metric: 'm', labels: { node: 'b' }, values: '1x10', expectedEveryMs: 10_000 },
      ],
      untilMs: 4_000_000,
    });
    const at = [90_000, 160_000, 3_700_000, 3_760_000];
    expect(at.map((ms) => run.at(ms)[0]?.value)).toEqual([1, null, null, 1]);
  });

  it('reads the short form of values', () => {
    expect(parseValues(' 1 -2.5x2 _ _x2 10+5x3 9-3x2')).toEqual([
      1,
      -2.5,
      -2.5,
      null,
      null,
      null,
      10,
      15,
      20,
      9,
      6,
    ]);
    expect(parseValues([1, null])).toEqual([1, null]);
    expect(() => parseValues('1 many')).toThrow('"many" is no value');
  });

  it('does what the example of the README says', () => {
    const example: AlertRule = {
      name: 'LoopLag',
      metric: { name: 'lag_ms', window: '1m', aggregation: 'avg' },
      when: { is: 'above', value: 200, recoverAt: 100 },
      forMs: 30_000,
      keepFiringForMs: 60_000,
      severity: 'degraded',
      message: 'The loop is {{value}} ms late.',
    };
    const run = testRules({
      rules: [example],
      series: [{ metric: 'lag_ms', stepMs: 10_000, values: '20x6 300x20 _x3 20x60' }],
      health: [{ atMs: 60_000, component: 'postgres', status: 'critical' }],
      untilMs: 900_000,
    });
    expect(run.notices.map(({ atMs, kind }) => [atMs, kind])).toEqual([
      [120_000, 'firing'],
      [420_000, 'resolved'],
    ]);
    expect(run.at(100_000)).toMatchObject([{ rule: 'LoopLag', state: 'pending' }]);
  });

  it('tells of a lasting condition within its time and two evaluations, whatever data were missing meanwhile', () => {
    const forMs = 180_000;
    const gapAt = (from: number, length: number) =>
      testRules({
        rules: [{ ...lag, forMs }],
        series: [
          { metric: 'lag_ms', labels: { node: 'a' }, values: `300x${from} _x${length} 300x${60 - length}` },
        ],
        untilMs: 400_000,
      }).notices.map(({ atMs, kind }) => [atMs, kind]);
    expect(gapAt(2, 0)).toEqual([[forMs, 'firing']]);
    expect(gapAt(2, 12)).toEqual([[forMs, 'firing']]);
    expect(gapAt(2, 16)).toEqual([[forMs + 10_000, 'firing']]);
  });

  it('takes two blips with a long gap between them for no lasting condition', () => {
    const run = testRules({
      rules: [{ ...lag, forMs: 180_000 }],
      series: [{ metric: 'lag_ms', labels: { node: 'a' }, values: '300 _x60 300 20x60' }],
      untilMs: 1_200_000,
    });
    expect(run.notices).toEqual([]);
  });

  it.each(['groupWaitMs', 'groupIntervalMs'])('refuses a %s that is no duration', (field) => {
    expect(() => testRules({ rules: [], untilMs: 0, [field]: -1 })).toThrow(`${field} is -1`);
  });

  it('refuses a test that would not end', () => {
    expect(() => testRules({ rules: [], untilMs: Infinity })).toThrow('untilMs must make at most');
  });
});
