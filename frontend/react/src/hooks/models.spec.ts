import { describe, expect, it } from '@jest/globals';
import type {
  ComponentHealth,
  HealthReport,
  MetricKind,
  MetricRecentAnswer,
  TopicMessage,
} from '@fleetdeck/dto';
import { createHealthModel, GONE_AFTER_MS, MAX_COMPONENTS, MAX_REPLICAS } from './healthModel.ts';
import { createMetricsModel, isCovered, MAX_NEW_SERIES } from './metricsModel.ts';

const T0 = Date.parse('2026-01-15T14:00:00.000Z');
const iso = (seconds: number): string => new Date(T0 + seconds * 1000).toISOString();
const message = (data: unknown, over: Partial<TopicMessage> = {}): TopicMessage => ({
  ...{ topic: 't', epoch: 'e1', offset: 9, at: iso(100), data },
  ...over,
});

const recent = (
  kind: MetricKind,
  {
    values = [4, 4],
    last = { value: 100, at: iso(9) },
    expectedEveryMs = 1000,
  }: {
    values?: (number | null)[];
    last?: { value: number; at: string } | null;
    expectedEveryMs?: number | null;
  } = {},
): MetricRecentAnswer => ({
  asOf: iso(9),
  stepMs: 5000,
  metrics: [
    {
      metric: { name: 'm', kind, unit: '', help: '', labels: ['q'], expectedEveryMs, goodDirection: 'none' },
      series: [
        {
          labels: { q: 'a' },
          points: values.map((value, index) => ({
            start: iso(index * 5),
            value,
            coverage: expectedEveryMs === null ? null : 1,
          })),
          last,
        },
      ],
      position: { epoch: 'e1', offset: 5 },
    },
  ],
});
const live = (value: unknown, seconds: number, labels: Record<string, string> = { q: 'a' }) =>
  message({ metricName: 'm', labels, value, at: iso(seconds) });
const counted = (node: string, value: number, seconds: number) =>
  message({ metricName: 'm', labels: { q: 'a' }, value, at: iso(seconds), node });

describe('the metrics model', () => {
  it('has nothing before the first answer, and takes no message', () => {
    const model = createMetricsModel(60);
    expect(model.apply(live(1, 10))).toBe(false);
    expect(model.read()).toBeNull();
  });

  it('gives the same object until something changes', () => {
    const model = createMetricsModel(60);
    model.begin(recent('gauge'));
    const before = model.read();
    expect(model.read()).toBe(before);
    model.apply(live(1, 10));
    expect(model.read()).not.toBe(before);
  });

  it('shows what a node remembers while the database is away, and keeps what was known before', () => {
    const remembered = { ...recent('gauge', { values: [] }), problem: 'The database does not answer.' };
    const model = createMetricsModel(60);
    expect(() => model.begin(remembered)).toThrow('The database does not answer.');
    expect(model.read()?.series[0]).toMatchObject({ value: 100, points: [] });
    model.apply(live(7, 10));
    expect(() => model.begin(remembered)).toThrow('The database does not answer.');
    expect(model.read()?.series[0]).toMatchObject({ value: 7, asOf: iso(10) });
    model.begin(recent('gauge'));
    expect(model.read()?.series[0]?.points).toHaveLength(2);
  });

  it('does not change the points that it gave out', () => {
    const model = createMetricsModel(60);
    model.begin(recent('gauge'));
    const points = model.read()?.series[0]?.points;
    model.apply(live(1, 9.5));
    model.apply(live(1, 20));
    expect(points?.map(({ value }) => value)).toEqual([4, 4]);
  });

  it.each([
    ['no object', message(7)],
    ['null', message(null)],
    ['a value that is no number', live('7', 10)],
    ['an infinite value', live(Infinity, 10)],
    ['a time that cannot be read', message({ metricName: 'm', labels: {}, value: 1, at: 'soon' })],
    ['another metric', message({ metricName: 'x', labels: {}, value: 1, at: iso(10) })],
    ['what the answer holds already', { ...live(1, 10), offset: 5 }],
    ['what is older than the newest value', live(1, 9)],
  ])('takes no notice of %s', (_what, data) => {
    const model = createMetricsModel(60);
    model.begin(recent('gauge'));
    expect(model.apply(data)).toBe(false);
  });

  it('shows a counter as its rate a second', () => {
    const model = createMetricsModel(60);
    model.begin(recent('counter', { values: [4, null] }));
    expect(model.read()?.series[0]?.value).toBe(4);
    model.apply(live(130, 11));
    expect(model.read()?.series[0]).toMatchObject({ value: 15, asOf: iso(11) });
    expect(model.read()?.series[0]?.points.at(-1)).toMatchObject({ start: iso(10), value: 15 });
  });

  it('takes a counter that fell for one that was started again', () => {
    const model = createMetricsModel(60);
    model.begin(recent('counter'));
    model.apply(live(3, 10));
    expect(model.read()?.series[0]?.value).toBe(3);
    model.apply(live(4, 11));
    model.apply(live(5, 16));
    // Of the step in which it fell the true rate is what is shown, or more.
    expect(model.read()?.series[0]?.points.map(({ lowerBound }) => lowerBound)).toEqual([
      undefined,
      undefined,
      true,
      undefined,
    ]);
  });

  it('keeps that the newest step of the answer is a lower bound', () => {
    const answer = recent('counter');
    Object.assign(answer.metrics[0]?.series[0]?.points[1] ?? {}, { lowerBound: true });
    const model = createMetricsModel(60);
    model.begin(answer);
    model.apply(live(101, 9.5));
    expect(model.read()?.series[0]?.points.at(-1)).toMatchObject({ start: iso(5), lowerBound: true });
  });

  it('adds up what several processes count in one series, and compares none of them with another', () => {
    const model = createMetricsModel(60);
    model.begin(recent('counter'));
    const shown: (number | null | undefined)[] = [];
    for (let second = 10; second < 13; second += 1) {
      model.apply(counted('a', 1000 + second * 10, second));
      model.apply(counted('b', second * 5, second + 0.5));
      shown.push(model.read()?.series[0]?.value);
    }
    expect(shown).toEqual([4, 15, 15]);
    expect(model.read()?.series[0]).toMatchObject({ value: 15, asOf: iso(12.5) });
    // One that started again has another name, and the one before it is left out once it has been silent for long.
    model.apply(counted('c', 3, 13));
    model.apply(counted('c', 5, 14));
    expect(model.read()?.series[0]?.value).toBe(17);
    for (const second of [196, 197]) model.apply(counted('c', second, second));
    expect(model.read()?.series[0]?.value).toBe(1);
  });

  it('needs two values of a new counter to know its rate', () => {
    const model = createMetricsModel(60);
    model.begin(recent('counter'));
    model.apply(live(10, 10, { q: 'b' }));
    expect(model.read()?.series[1]).toMatchObject({ value: null, points: [] });
    model.apply(live(14, 12, { q: 'b' }));
    expect(model.read()?.series[1]).toMatchObject({ value: 2 });
    expect(model.read()?.series[1]?.points.at(-1)).toMatchObject({ start: iso(10), value: 2 });
  });

  it('draws a series that has only just begun at the end of its line, with gaps before', () => {
    const model = createMetricsModel(60);
    model.begin(recent('gauge'));
    model.apply(live(7, 10, { q: 'b' }));
    const points = model.read()?.series[1]?.points ?? [];
    expect(points).toHaveLength(60);
    expect(points.at(-1)).toMatchObject({ start: iso(10), value: 7 });
    expect(points.slice(0, -1).every(({ value }) => value === null)).toBe(true);
    expect(points.at(0)?.start).toBe(iso(10 - 59 * 5));
  });

  it('shows a distribution as the mean of its newest step', () => {
    const model = createMetricsModel(60);
    model.begin(recent('distribution', { values: [4], last: null }));
    expect(model.read()?.series[0]).toMatchObject({ value: null, asOf: null });
    model.apply(live(10, 10));
    model.apply(live(20, 11));
    expect(model.read()?.series[0]?.value).toBe(15);
  });

  it('weighs a live value against all that its step already held', () => {
    const model = createMetricsModel(60);
    model.begin(recent('gauge', { values: [4, 4], last: { value: 4, at: iso(8) } }));
    model.apply(live(10, 9));
    // Five values of 4, by its coverage, and one of 10.
    expect(model.read()?.series[0]?.points.at(-1)?.value).toBe(5);
  });

  it('counts a step of unknown coverage as one value', () => {
    const model = createMetricsModel(60);
    model.begin(recent('gauge', { values: [4, 4], last: { value: 4, at: iso(8) }, expectedEveryMs: null }));
    model.apply(live(10, 9));
    expect(model.read()?.series[0]).toMatchObject({ staleAfterMs: null });
    expect(model.read()?.series[0]?.points.at(-1)).toMatchObject({ value: 7, coverage: null });
  });

  it('keeps no more points than it was asked for, however long the pause', () => {
    const model = createMetricsModel(3);
    model.begin(recent('gauge'));
    model.apply(live(1, 1_000_000));
    expect(model.read()?.series[0]?.points.map(({ value }) => value)).toEqual([null, null, 1]);
  });

  it('knows a series by its labels in any order', () => {
    const model = createMetricsModel(60);
    model.begin(recent('gauge'));
    model.apply(live(1, 10, { b: '1', a: '2' }));
    model.apply(live(2, 11, { a: '2', b: '1' }));
    expect(model.read()?.series).toHaveLength(2);
    expect(model.read()?.series[1]?.value).toBe(2);
  });

  it('takes no more new series than it can hold', () => {
    const model = createMetricsModel(60);
    model.begin(recent('gauge'));
    for (let index = 0; index < MAX_NEW_SERIES + 10; index += 1) model.apply(live(1, 10, { q: `n${index}` }));
    expect(model.read()?.series).toHaveLength(MAX_NEW_SERIES);
  });
});

describe('the health model', () => {
  const component = (over: Partial<ComponentHealth> = {}): ComponentHealth => ({
    ...{ status: 'healthy', since: iso(0), latencyMs: 1, reason: null, checkedAt: iso(10) },
    ...{ criticality: 'critical', intervalMs: 5000, ...over },
  });
  const report = (): HealthReport => ({
    overallStatus: 'healthy',
    asOf: iso(10),
    position: { epoch: 'e1', offset: 5 },
    replica: 'r1',
    components: { database: component() },
  });
  const update = (health: ComponentHealth | null, name = 'database', replica = 'r1', at = iso(11)) =>
    message(
      {
        ...{ id: `${replica}/${name}`, replica, component: name, health },
        overallStatus: health?.status ?? 'unknown',
      },
      { at },
    );

  it('has nothing before the first answer, and takes no message', () => {
    const model = createHealthModel();
    expect(model.apply(update(component()))).toBe(false);
    expect(model.read()).toBeNull();
  });

  it('takes what is newer, and components that it did not know', () => {
    const model = createHealthModel();
    model.begin(report());
    expect(model.apply(update(component({ status: 'critical', checkedAt: iso(11) })))).toBe(true);
    expect(model.apply(update(component({ checkedAt: null }), 'broker'))).toBe(true);
    expect(model.read()).toMatchObject({ overallStatus: 'healthy', asOf: iso(11) });
    expect(Object.keys(model.read()?.components ?? {})).toEqual(['database', 'broker']);
  });

  it('takes no notice of what is older, held already or no update', () => {
    const model = createHealthModel();
    model.begin(report());
    expect(model.apply(update(component({ checkedAt: iso(9) })))).toBe(false);
    expect(model.apply({ ...update(component()), offset: 4 })).toBe(false);
    expect(model.apply(message('healthy'))).toBe(false);
    expect(model.apply(message({ component: 'x', health: null, overallStatus: 'healthy' }))).toBe(false);
    expect(model.apply(message({ ...Object(update(component()).data), health: 'well' }))).toBe(false);
    expect(model.apply(message(null))).toBe(false);
  });

  it('keeps its own time when a message is stamped earlier', () => {
    const model = createHealthModel();
    model.begin(report());
    model.apply({ ...update(component()), at: iso(0) });
    expect(model.read()?.asOf).toBe(iso(10));
  });

  it('compares by the begin of the state where nothing was checked yet', () => {
    const model = createHealthModel();
    model.begin({ ...report(), components: { database: component({ checkedAt: null, since: iso(50) }) } });
    expect(model.apply(update(component({ checkedAt: null, since: iso(40) })))).toBe(false);
  });

  it('forgets what its replica no longer watches, unless it knows something newer', () => {
    const model = createHealthModel();
    model.begin({
      ...report(),
      components: { database: component(), broker: component({ checkedAt: null }) },
    });
    expect(model.apply(update(null, 'database', 'r1', iso(9)))).toBe(false);
    expect(model.apply(update(null, 'cache'))).toBe(false);
    expect(model.apply(update(null, 'broker'))).toBe(true);
    expect(Object.keys(model.read()?.components ?? {})).toEqual(['database']);
  });

  describe('of many replicas', () => {
    const two = (): ReturnType<typeof createHealthModel> => {
      const model = createHealthModel();
      model.begin(report());
      return model;
    };
    const database = (model: ReturnType<typeof createHealthModel>) => model.read()?.components['database'];

    it('shows the worst that any of them says, whichever says it last', () => {
      const model = two();
      const bad = component({ status: 'critical', since: iso(5), reason: 'refused', checkedAt: iso(11) });
      expect(model.apply(update(bad, 'database', 'r2'))).toBe(true);
      expect(model.apply(update(component({ checkedAt: iso(12) }), 'database', 'r1', iso(12)))).toBe(true);
      expect(database(model)).toMatchObject({ status: 'critical', reason: 'refused', checkedAt: iso(11) });
      expect(model.read()?.overallStatus).toBe('critical');
      model.apply(update(component({ since: iso(13), checkedAt: iso(13) }), 'database', 'r2', iso(13)));
      expect(database(model)).toMatchObject({ status: 'healthy', since: iso(13), checkedAt: iso(13) });
      expect(model.read()?.overallStatus).toBe('healthy');
    });

    it('takes what others said before the report, which holds nothing of them', () => {
      const model = two();
      const bad = update(component({ status: 'degraded', checkedAt: iso(3) }), 'database', 'r2', iso(3));
      expect(model.apply({ ...bad, offset: 2 })).toBe(true);
      expect(database(model)?.status).toBe('degraded');
    });

    it('is bad since the first of them saw it, and well since the last', () => {
      const model = two();
      const at = (status: 'critical' | 'healthy', since: string) =>
        component({ status, since, checkedAt: iso(20) });
      for (const [replica, since] of [
        ['r1', iso(7)],
        ['r2', iso(6)],
        ['r3', iso(8)],
      ] as const) {
        model.apply(update(at('critical', since), 'database', replica, iso(20)));
      }
      expect(database(model)?.since).toBe(iso(6));
      for (const [replica, since] of [
        ['r1', iso(21)],
        ['r2', iso(23)],
        ['r3', iso(22)],
      ] as const) {
        model.apply(update({ ...at('healthy', since), checkedAt: iso(25) }, 'database', replica, iso(25)));
      }
      expect(database(model)?.since).toBe(iso(23));
    });

    it('is not unknown because one of them has only started', () => {
      const model = two();
      const starting = component({ status: 'unknown', checkedAt: null });
      model.apply(update(starting, 'database', 'r2'));
      model.apply(update(starting, 'broker', 'r2'));
      expect(database(model)?.status).toBe('healthy');
      expect(model.read()?.overallStatus).toBe('healthy');
      expect(model.read()?.components['broker']).toMatchObject({ status: 'unknown', checkedAt: null });
      model.apply(update(component({ checkedAt: iso(12) }), 'broker', 'r1', iso(12)));
      expect(model.read()?.components['broker']?.status).toBe('healthy');
    });

    const bad = component({ status: 'critical', checkedAt: iso(11) });
    const late = (ms: number): string => new Date(Date.parse(iso(11)) + ms).toISOString();

    it('forgets a replica of which nothing was heard for long, and never the one that answered', () => {
      let now = 0;
      const model = createHealthModel(() => now);
      model.begin(report());
      model.apply(update(bad, 'database', 'r2'));
      now = GONE_AFTER_MS;
      model.apply(update(component(), 'cache', 'r3', late(GONE_AFTER_MS)));
      expect(database(model)?.status).toBe('critical');
      now += 1;
      model.begin({ ...report(), asOf: late(GONE_AFTER_MS + 1) });
      expect(database(model)?.status).toBe('healthy');
      expect(model.read()?.components['cache']).toBeDefined();
    });

    it('takes no notice of what the topic keeps of a replica that is gone, until that says something new', () => {
      const model = createHealthModel();
      model.begin({ ...report(), asOf: late(GONE_AFTER_MS + 1) });
      const kept = update(bad, 'database', 'r2');
      expect(model.apply(kept)).toBe(false);
      expect(model.apply(kept)).toBe(false);
      expect(model.apply(update(bad, 'database', 'r2', iso(12)))).toBe(true);
      expect(database(model)?.status).toBe('critical');
    });

    it('hears every replica, however far their clocks are apart', () => {
      const model = two();
      model.apply(update(bad, 'database', 'r2'));
      model.apply(update(component(), 'cache', 'r3', late(10 * GONE_AFTER_MS)));
      expect(database(model)?.status).toBe('critical');
      expect(model.apply(update(component({ checkedAt: iso(12) }), 'database', 'r2', iso(12)))).toBe(true);
      expect(model.apply(update(bad, 'database', 'r2', iso(13)))).toBe(true);
      expect(database(model)?.status).toBe('critical');
      expect(model.read()?.asOf).toBe(iso(10));
    });

    it('hears a replica whose clock was set back', () => {
      let now = 0;
      const model = createHealthModel(() => now);
      model.begin(report());
      now = 10_000;
      const before = new Date(Date.parse(iso(10)) - 3_600_000).toISOString();
      const broken = component({ status: 'critical', since: before, checkedAt: before });
      expect(model.apply(update(broken, 'database', 'r1', before))).toBe(true);
      expect(database(model)?.status).toBe('critical');
      expect(model.apply(update(null, 'database', 'r1', before))).toBe(true);
    });

    it('tells no more replicas apart than it can hold', () => {
      const model = two();
      for (let index = 0; index < MAX_REPLICAS + 5; index += 1) {
        model.apply(update(component(), `c${index}`, `more${index}`));
      }
      expect(Object.keys(model.read()?.components ?? {})).toHaveLength(MAX_REPLICAS);
    });

    it('keeps what others said when it reads again, from whichever replica', () => {
      const model = two();
      model.apply(update(component({ status: 'critical', checkedAt: iso(11) }), 'database', 'r2'));
      model.begin({ ...report(), asOf: iso(12) });
      expect(database(model)?.status).toBe('critical');
      model.begin({ ...report(), replica: 'r2', asOf: iso(13) });
      expect(database(model)?.status).toBe('healthy');
    });
  });

  it('takes no more new components than it can hold', () => {
    const model = createHealthModel();
    model.begin(report());
    for (let index = 0; index < MAX_COMPONENTS + 5; index += 1) model.apply(update(component(), `c${index}`));
    expect(Object.keys(model.read()?.components ?? {})).toHaveLength(MAX_COMPONENTS);
  });
});

describe('isCovered', () => {
  it.each([
    [{ epoch: 'e1', offset: 9 }, true],
    [{ epoch: 'e1', offset: 8 }, false],
    [{ epoch: 'e2', offset: 99 }, false],
    [null, false],
    [undefined, false],
  ])('compares a message at offset 9 with an answer at %j: %s', (position, covered) => {
    expect(isCovered(position, message(null))).toBe(covered);
  });

  it('never covers a message outside the log', () => {
    expect(isCovered({ epoch: 'e1', offset: 9 }, message(null, { offset: null }))).toBe(false);
  });
});
