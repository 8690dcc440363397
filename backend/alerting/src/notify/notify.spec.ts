import { describe, expect, it } from '@jest/globals';
import type { AlertNotice, Silence } from '@fleetdeck/dto';
import { parseRules } from '../rule/parse-rules.ts';
import { RuleEngine } from '../rule/rule-engine.ts';
import { FakeSink } from '../testing/alerting-app.fixture.ts';
import { FakeTime, turn } from '../testing/fake-time.fixture.ts';
import { DeliveryQueue, type DeliveryOptions } from './delivery-queue.ts';
import { logSink } from './log.sink.ts';
import { NoticeRefused, type Delivery } from './notice-sink.ts';
import { MAX_INCIDENTS_PER_NOTICE, planNotices } from './plan-notices.ts';
import { WaitingEnds } from './waiting-ends.ts';

let count = 0;
function noticeOf(kind: AlertNotice['kind'], ...incidentIds: string[]): AlertNotice {
  count += 1;
  return {
    id: `n${count}`,
    kind,
    group: {},
    severity: 'critical',
    at: '2026-01-01T00:00:00.000Z',
    mayRepeat: false,
    incidents: incidentIds.map((incidentId) => ({
      incidentId,
      rule: 'Lag',
      labels: {},
      severity: 'critical',
      message: `About ${incidentId}.`,
      runbookUrl: null,
      value: null,
      beganAt: '2026-01-01T00:00:00.000Z',
      firedAt: '2026-01-01T00:00:00.000Z',
      endedAt: null,
    })),
  };
}

function setUp(part: Partial<DeliveryOptions> = {}) {
  const time = new FakeTime();
  const sink = new FakeSink('a');
  const changed: string[] = [];
  const failed: string[] = [];
  /** Incidents that have not ended. */
  const lasting = new Set<string>();
  const queue = new DeliveryQueue(
    [sink, new FakeSink('b')],
    {
      maxAttempts: 3,
      resolvedRetryMs: 3_600_000,
      retryBaseMs: 1000,
      retryCapMs: 1500,
      deadlineMs: 5000,
      maxWaiting: 3,
      ...part,
    },
    time.clock,
    time,
    {
      changed: ({ notice, status }) => changed.push(`${notice.id} ${status}`),
      failed: (_delivery, sentence) => failed.push(sentence),
      lasts: (incidentId) => lasting.has(incidentId),
    },
  );
  const add = (notice: AlertNotice, more: Partial<Delivery> = {}): Delivery => {
    const delivery: Delivery = {
      sink: 'a',
      notice,
      status: 'waiting',
      attempts: 0,
      nextAttemptAt: time.clock.now(),
      doneAt: null,
      lastError: null,
      released: true,
      ...more,
    };
    queue.add(delivery);
    return delivery;
  };
  return { time, sink, queue, add, changed, failed, lasting };
}

describe('DeliveryQueue', () => {
  it('delivers in order, one after the other, and tells an end only where its begin was told', async () => {
    const { sink, queue, add } = setUp();
    add(noticeOf('firing', 'i1'));
    add(noticeOf('resolved', 'i1', 'i2'));
    const unknown = add(noticeOf('resolved', 'i3'));
    await queue.idle();
    expect(
      sink.got.map(({ kind, incidents }) => [kind, ...incidents.map(({ incidentId }) => incidentId)]),
    ).toEqual([
      ['firing', 'i1'],
      ['resolved', 'i1'],
    ]);
    expect(unknown).toMatchObject({ status: 'abandoned', lastError: 'Nobody was told of its begin here.' });
    expect(queue.waiting).toBe(0);
  });

  it('tells the end of what was told before a restart', async () => {
    const { sink, queue, add } = setUp();
    queue.toldBefore('a', ['i1']);
    queue.toldBefore('gone', ['i1']);
    add(noticeOf('resolved', 'i1'));
    await queue.idle();
    expect(sink.got).toHaveLength(1);
  });

  it('waits for a notice until the store knows of it', async () => {
    const { sink, queue, add } = setUp();
    const delivery = add(noticeOf('firing', 'i1'), { released: false });
    await queue.idle();
    expect(sink.got).toEqual([]);
    delivery.released = true;
    queue.wake();
    await queue.idle();
    expect(sink.got).toHaveLength(1);
  });

  it('tries again after waits that double up to a cap, a part of them by chance, then gives up', async () => {
    const { time, sink, queue, add, failed, changed } = setUp();
    sink.failure = new Error('away');
    const first = add(noticeOf('firing', 'i1'));
    const second = add(noticeOf('firing', 'i2'));
    await queue.idle();
    expect(first.nextAttemptAt - time.clock.now()).toBe(500);
    await time.advance(500, () => queue.idle());
    expect(first.nextAttemptAt - time.clock.now()).toBe(750);
    expect([first.attempts, second.attempts]).toEqual([2, 0]);
    await time.advance(750, () => queue.idle());
    expect(first).toMatchObject({ status: 'abandoned', lastError: 'away', attempts: 3 });
    sink.failure = null;
    await time.advance(1500, () => queue.idle());
    expect(second.status).toBe('sent');
    expect(failed.length).toBeGreaterThanOrEqual(3);
    expect(changed.at(-1)).toBe(`${second.notice.id} sent`);
  });

  it('goes on at the longest wait with the first notice of an incident that lasts, until it is over', async () => {
    const { time, sink, queue, add, lasting } = setUp();
    sink.failure = new Error('away');
    lasting.add('i2');
    const delivery = add(noticeOf('firing', 'i1', 'i2'));
    await time.advance(3_600_000, () => queue.idle());
    expect(delivery).toMatchObject({ status: 'waiting', lastError: 'away' });
    expect(delivery.attempts).toBeGreaterThan(3_600_000 / 1500);
    expect(queue.failingSince(Date.parse(delivery.notice.at))).toEqual([{ sink: 'a', lastError: 'away' }]);
    expect(queue.failingSince(Date.parse(delivery.notice.at) - 1)).toEqual([]);
    lasting.clear();
    await time.advance(1500, () => queue.idle());
    expect(delivery.status).toBe('abandoned');
    expect(queue.failingSince(time.clock.now())).toEqual([]);
  });

  it('goes on as long with the end of what the sink was told of, so that it is not shown open for ever', async () => {
    const { time, sink, queue, add } = setUp();
    queue.toldBefore('a', ['i1']);
    const at = new Date(time.clock.now()).toISOString();
    sink.failure = new Error('away');
    const [end, later] = [add({ ...noticeOf('resolved', 'i1'), at }), add(noticeOf('firing', 'i2'))];
    await time.advance(1_800_000, () => queue.idle());
    expect(end).toMatchObject({ status: 'waiting', lastError: 'away' });
    expect(end.attempts).toBeGreaterThan(1_800_000 / 1500);
    expect(queue.failingSince(time.clock.now() - 60_000)).toEqual([{ sink: 'a', lastError: 'away' }]);
    sink.failure = null;
    await time.advance(1500, () => queue.idle());
    expect([end.status, later.status]).toEqual(['sent', 'sent']);
  });

  it('gives an end up that has failed for too long, was refused, or tells of what nobody was told of', async () => {
    const { time, sink, queue, add, failed } = setUp();
    queue.toldBefore('a', ['i1', 'i2']);
    const at = new Date(time.clock.now()).toISOString();
    sink.failure = new Error('away');
    const late = add({ ...noticeOf('resolved', 'i1'), at });
    await time.advance(3_599_000, () => queue.idle());
    expect(late.status).toBe('waiting');
    await time.advance(3000, () => queue.idle());
    expect(late).toMatchObject({ status: 'abandoned', lastError: 'away' });
    expect(failed.at(-1)).toBe('away');
    expect(add(noticeOf('resolved', 'i3')).status).toBe('abandoned');
    sink.failure = new NoticeRefused('no such hook');
    const refused = add(noticeOf('resolved', 'i2'));
    await queue.idle();
    expect(refused.status).toBe('abandoned');
  });

  it('what is refused is given up, however long its incident lasts', async () => {
    const { sink, queue, add, lasting } = setUp();
    sink.failure = new NoticeRefused('no such hook');
    lasting.add('i1');
    const delivery = add(noticeOf('firing', 'i1'));
    await queue.idle();
    expect(delivery.status).toBe('abandoned');
  });

  it('makes room by what is over before what lasts', async () => {
    const { sink, queue, add, lasting } = setUp();
    sink.failure = new Error('away');
    for (const id of ['i1', 'i2', 'i4']) lasting.add(id);
    const [, lasts, over] = ['i1', 'i2', 'i3'].map((id) => add(noticeOf('firing', id)));
    add(noticeOf('firing', 'i4'));
    expect([lasts?.status, over?.status]).toEqual(['waiting', 'abandoned']);
    add(noticeOf('firing', 'i5'));
    expect(lasts?.status).toBe('abandoned');
    await queue.stop();
  });

  it('makes room by an end that was not told before one that was, and by that before what lasts', async () => {
    const { sink, queue, add, lasting } = setUp();
    sink.failure = new Error('away');
    queue.toldBefore('a', ['told']);
    for (const id of ['i1', 'i4', 'i5']) lasting.add(id);
    add(noticeOf('firing', 'i1'));
    const [told, untold] = [add(noticeOf('resolved', 'told')), add(noticeOf('firing', 'over'))];
    const lasts = add(noticeOf('firing', 'i4'));
    expect([told.status, untold.status]).toEqual(['waiting', 'abandoned']);
    add(noticeOf('firing', 'i5'));
    expect([told.status, lasts.status]).toEqual(['abandoned', 'waiting']);
    await queue.stop();
  });

  it('a notice on which its receiver chokes holds up no other incident, and keeps the order of its own', async () => {
    const { add, sink, time, queue } = setUp({ maxWaiting: 10 });
    const chokes = noticeOf('firing', 'x');
    const { deliver } = sink;
    sink.deliver = (notice) =>
      notice.id === chokes.id ? Promise.reject(new Error('500')) : deliver.call(sink, notice);
    add(chokes);
    add(noticeOf('firing', 'y'));
    add(noticeOf('resolved', 'x'));
    add(noticeOf('firing', 'x', 'z'));
    add(noticeOf('firing', 'w'));
    await queue.idle();
    expect(sink.told).toEqual(['firing Lag', 'firing Lag']);
    expect(sink.got.map(({ incidents }) => incidents[0]?.incidentId)).toEqual(['y', 'w']);
    await time.advance(10_000, () => queue.idle());
    expect(sink.got.map(({ kind, incidents }) => [kind, incidents.length])).toContainEqual(['firing', 2]);
    expect(queue.waiting).toBe(0);
  });

  it('nothing passes what waits behind that one and tells of the same incident', async () => {
    const { add, sink, time, queue } = setUp({ maxWaiting: 10 });
    const chokes = noticeOf('firing', 'x');
    const { deliver } = sink;
    sink.deliver = (notice) =>
      notice.id === chokes.id && time.clock.now() < begin + 1000
        ? Promise.reject(new Error('500'))
        : deliver.call(sink, notice);
    const begin = time.clock.now();
    add(chokes);
    add(noticeOf('firing', 'x', 'y'));
    add(noticeOf('resolved', 'y'));
    await queue.idle();
    expect(sink.got).toEqual([]);
    await time.advance(10_000, () => queue.idle());
    expect(
      sink.got.map(({ kind, incidents }) => [kind, ...incidents.map(({ incidentId }) => incidentId)]),
    ).toEqual([
      ['firing', 'x'],
      ['firing', 'x', 'y'],
      ['resolved', 'y'],
    ]);
  });

  it('while a sink is away only the first notice uses up attempts', async () => {
    const { add, sink, time, queue } = setUp({ maxAttempts: 2 });
    sink.failure = new Error('away');
    const [first, second] = [add(noticeOf('firing', 'x')), add(noticeOf('firing', 'y'))];
    await queue.idle();
    expect([first.attempts, second.attempts]).toEqual([1, 0]);
    sink.failure = null;
    await time.advance(1500, () => queue.idle());
    expect([first.status, second.status]).toEqual(['sent', 'sent']);
    expect(sink.got).toHaveLength(2);
  });

  it('gives up at once what the sink refuses', async () => {
    const { sink, queue, add } = setUp();
    sink.failure = new NoticeRefused('no such hook');
    const delivery = add(noticeOf('firing', 'i1'));
    await queue.idle();
    expect(delivery).toMatchObject({ status: 'abandoned', attempts: 1, lastError: 'no such hook' });
  });

  it('ends an attempt that takes too long', async () => {
    const { time, sink, queue, add } = setUp();
    let aborted = false;
    sink.deliver = ((_notice: AlertNotice, signal: AbortSignal) => {
      signal.addEventListener('abort', () => (aborted = true));
      return new Promise(() => undefined);
    }) as FakeSink['deliver'];
    const delivery = add(noticeOf('firing', 'i1'));
    await time.advance(5000, turn);
    await queue.idle();
    expect(aborted).toBe(true);
    expect(delivery.lastError).toBe('No answer within 5000 ms.');
  });

  it('keeps no more than it may: a reminder goes first, else the oldest, never the one on its way', async () => {
    const { sink, queue, add } = setUp();
    sink.failure = new Error('away');
    const [one, two, reminder] = [
      add(noticeOf('firing', 'i1')),
      add(noticeOf('firing', 'i2')),
      add(noticeOf('reminder', 'i1')),
    ];
    add(noticeOf('firing', 'i4'));
    expect(reminder.status).toBe('abandoned');
    add(noticeOf('firing', 'i5'));
    expect([one.status, two.status]).toEqual(['waiting', 'abandoned']);
    expect(queue.waiting).toBe(3);
    await queue.stop();
    const narrow = setUp({ maxWaiting: 1 });
    narrow.sink.deliver = () => new Promise(() => undefined);
    const onItsWay = narrow.add(noticeOf('firing', 'i1'));
    narrow.add(noticeOf('firing', 'i2'));
    expect(onItsWay.status).toBe('waiting');
  });

  it('gives up what is for a sink that is gone, and leaves what waits to the next when it stops', async () => {
    const { queue, add, sink } = setUp();
    expect(add(noticeOf('firing', 'i1'), { sink: 'gone' })).toMatchObject({
      status: 'abandoned',
      lastError: 'There is no sink "gone" any more.',
    });
    let arrive: () => void = () => undefined;
    sink.deliver = () => new Promise((resolve) => (arrive = resolve));
    const delivery = add(noticeOf('firing', 'i1'));
    const stopped = queue.stop();
    arrive();
    await stopped;
    expect(delivery.status).toBe('waiting');
  });

  it('stops also while a sink does not heed that it should', async () => {
    const { queue, add, sink } = setUp();
    sink.deliver = () => new Promise(() => undefined);
    const delivery = add(noticeOf('firing', 'i1'));
    await queue.stop();
    expect(delivery.status).toBe('waiting');
  });

  it('is not held up by a clock that was set back', async () => {
    const { time, sink, queue, add } = setUp();
    add(noticeOf('firing', 'i1'), { nextAttemptAt: time.clock.now() + 86_400_000 });
    await time.advance(1500, () => queue.idle());
    expect(sink.got).toHaveLength(1);
  });
});

const AT_ONCE = { groupWaitMs: 0, groupIntervalMs: 0, reminderIntervalMs: 0 };

describe('planNotices', () => {
  const [rule] = parseRules([
    {
      name: 'Lag',
      metric: { name: 'lag_ms', window: '1m', aggregation: 'p95', groupBy: ['node', 'zone'] },
      when: { is: 'above', value: 1 },
      severity: 'critical',
      message: '{{labels.node}}',
    },
  ]);
  const engineOf = () => {
    let ids = 0;
    const newId = () => `id${(ids += 1)}`;
    const options = { intervalMs: 1000, maxSeriesPerRule: 1000, forgetSeriesAfterMs: 10_000, newId };
    return { engine: new RuleEngine(rule ? [rule] : [], options), newId };
  };
  const silence = (startsAt: string): Silence => ({
    id: 's',
    matchers: [{ label: 'node', is: 'equals', value: 'n1' }],
    reason: 'x',
    createdBy: 'x',
    createdAt: startsAt,
    startsAt,
    endsAt: '2026-01-01T00:00:00.000Z',
    state: 'active',
  });
  const nodes = (howMany: number) =>
    Array.from({ length: howMany }, (_each, i) => ({
      labels: { node: `n${i}`, zone: i % 2 === 0 ? 'eu' : 'us' },
      value: 5,
    }));

  it('groups by labels, and makes further notices when one would be too long', () => {
    const { engine, newId } = engineOf();
    const at = Date.parse('2025-12-31T00:00:00.000Z');
    const changes = engine.evaluate(at, new Map([['Lag', nodes(250)]]));
    const options = { ...AT_ONCE, groupBy: ['zone', 'team'], newId };
    const notices = planNotices(
      engine,
      changes,
      new WaitingEnds(),
      [silence('2025-12-30T00:00:00.000Z')],
      at,
      options,
    );
    expect(notices.map(({ group, incidents }) => [group, incidents.length]).sort()).toEqual(
      [
        [{ zone: 'eu' }, MAX_INCIDENTS_PER_NOTICE],
        [{ zone: 'eu' }, 25],
        [{ zone: 'us' }, MAX_INCIDENTS_PER_NOTICE],
        [{ zone: 'us' }, 24],
      ].sort(),
    );
    expect(
      planNotices(engine, [], new WaitingEnds(), [], at, options).flatMap(({ incidents }) => incidents),
    ).toHaveLength(1);
  });

  it('is not held up by a clock that was set back', () => {
    const { engine, newId } = engineOf();
    const options = { ...AT_ONCE, groupIntervalMs: 300_000, groupBy: ['rule'], newId };
    const tell = (at: number, howMany: number) => {
      const changes = engine.evaluate(at, new Map([['Lag', nodes(howMany)]]));
      return planNotices(engine, changes, new WaitingEnds(), [], at, options).map(
        ({ incidents }) => incidents.length,
      );
    };
    const now = Date.parse('2025-12-31T00:00:00.000Z');
    expect([tell(now, 1), tell(now + 1000, 3), tell(now - 3_600_000, 3)]).toEqual([[1], [], [2]]);
  });

  it('reminds, and tells of ends, also after a clock that was a year ahead was set right', () => {
    const { engine, newId } = engineOf();
    const ends = new WaitingEnds();
    const options = {
      groupWaitMs: 0,
      groupIntervalMs: 300_000,
      reminderIntervalMs: 3_600_000,
      groupBy: ['rule'],
      newId,
    };
    const tell = (at: number, last: number) => {
      const readings = nodes(2).map((node, i) => (i === 1 ? { ...node, value: last } : node));
      const changes = engine.evaluate(at, new Map([['Lag', readings]]));
      return planNotices(engine, changes, ends, [], at, options).map(({ kind }) => kind);
    };
    const ahead = Date.parse('2026-12-31T00:00:00.000Z');
    const right = Date.parse('2025-12-31T00:00:00.000Z');
    expect([tell(ahead, 5), tell(ahead + 1000, 0)]).toEqual([['firing'], []]);
    expect([tell(right, 0), tell(right + 1000, 0)]).toEqual([['resolved', 'reminder'], []]);
    expect(tell(right + 3_600_000, 0)).toEqual(['reminder']);
  });

  it('leaves out series above the limit, and counts them', () => {
    const { engine } = engineOf();
    engine.evaluate(0, new Map([['Lag', nodes(1003)]]));
    expect(engine.seriesLeftOut).toBe(3);
    expect(engine.active()).toHaveLength(1000);
  });

  it('ends an alert whose series has been gone for long, but keeps it through a short absence', () => {
    const { engine } = engineOf();
    engine.evaluate(0, new Map([['Lag', nodes(1)]]));
    for (let at = 1000; at < 10_000; at += 1000) {
      expect(engine.evaluate(at, new Map([['Lag', []]]))).toEqual([]);
    }
    const [end] = engine.evaluate(10_000, new Map([['Lag', []]]));
    expect(end?.event).toMatchObject({ to: 'inactive', reason: 'Its series has had no data for too long.' });
    expect(engine.active()).toEqual([]);
  });

  it('never forgets a metric whose silence is watched, and says what is missing', () => {
    const [silent] = parseRules([
      {
        name: 'Silent',
        metric: { name: 'beat', window: '1m', aggregation: 'count' },
        when: { is: 'below', value: 1 },
        noData: 'noData',
        severity: 'critical',
        message: 'Few beats: {{value}}.',
      },
    ]);
    let ids = 0;
    const newId = () => `id${(ids += 1)}`;
    const engine = new RuleEngine(silent ? [silent] : [], {
      intervalMs: 1000,
      maxSeriesPerRule: 10,
      forgetSeriesAfterMs: 2000,
      newId,
    });
    const told = [];
    for (let at = 0; at < 20_000; at += 1000) {
      const changes = engine.evaluate(at, new Map([['Silent', []]]));
      told.push(
        ...planNotices(engine, changes, new WaitingEnds(), [], at, { ...AT_ONCE, groupBy: [], newId }),
      );
    }
    expect(told.map(({ kind, incidents }) => [kind, incidents[0]?.message])).toEqual([
      ['firing', 'There is no data of beat, which rule Silent watches.'],
    ]);
    expect(engine.takeDirty().write).toHaveLength(1);
    const restored = new RuleEngine(silent ? [silent] : [], {
      intervalMs: 1000,
      maxSeriesPerRule: 10,
      forgetSeriesAfterMs: 2000,
      newId,
    });
    expect(restored.restore(engine.active(), 20_000)).toEqual([]);
    expect(restored.active()).toHaveLength(1);
  });

  it('ends what was told apart by other labels, so that it does not stay for good', () => {
    const silent = (groupBy: string[]) =>
      parseRules([
        {
          name: 'Silent',
          metric: { name: 'beat', window: '1m', aggregation: 'count', groupBy },
          when: { is: 'below', value: 1 },
          noData: 'noData',
          severity: 'critical',
          message: 'Few beats.',
        },
      ]);
    const options = { intervalMs: 1000, maxSeriesPerRule: 10, forgetSeriesAfterMs: 2000, newId: () => 'id' };
    const before = new RuleEngine(silent([]), options);
    before.evaluate(0, new Map([['Silent', []]]));
    const after = new RuleEngine(silent(['node']), options);
    expect(after.restore(before.active(), 1000)).toMatchObject([
      { event: { to: 'inactive', reason: 'Rule Silent tells its series apart by other labels now.' } },
    ]);
    expect(after.active()).toEqual([]);
  });

  it('counts the time without data on through restarts', () => {
    const [rule] = parseRules([
      {
        name: 'Lag',
        metric: { name: 'lag_ms', window: '1m', aggregation: 'p95', groupBy: ['node'] },
        when: { is: 'above', value: 200 },
        severity: 'degraded',
        message: 'late',
      },
    ]);
    const options = {
      intervalMs: 1000,
      maxSeriesPerRule: 10,
      forgetSeriesAfterMs: 10_000,
      newId: () => 'id',
    };
    const engineOf = () => new RuleEngine(rule ? [rule] : [], options);
    let engine = engineOf();
    engine.evaluate(0, new Map([['Lag', [{ labels: { node: 'a' }, value: 300 }]]]));
    let stored = engine.takeDirty().write;
    for (let at = 1000; at <= 16_000; at += 1000) {
      engine.evaluate(at, new Map([['Lag', []]]));
      const dirty = engine.takeDirty();
      if (dirty.write.length > 0) stored = dirty.write.map((each) => ({ ...each }));
      if (dirty.forget.length > 0) stored = [];
      if (at % 4000 === 0) {
        engine = engineOf();
        engine.restore(stored, at);
      }
    }
    expect(engine.active()).toEqual([]);
  });
});

describe('logSink', () => {
  it('writes a line an incident, as loud as it matters', async () => {
    const lines: string[] = [];
    const note = (level: string) => (line: unknown) => void lines.push(`${level} ${String(line)}`);
    const sink = logSink({ logger: { log: note('log'), warn: note('warn'), error: note('error') } });
    await sink.deliver({ ...noticeOf('firing', 'i1'), mayRepeat: true }, new AbortController().signal);
    await sink.deliver(noticeOf('resolved', 'i1'), new AbortController().signal);
    const mild = noticeOf('reminder', 'i2');
    mild.incidents = mild.incidents.map((incident) => ({ ...incident, severity: 'degraded' }));
    await sink.deliver(mild, new AbortController().signal);
    expect(lines).toEqual([
      'error firing: Lag: About i1. (may repeat)',
      'log resolved: Lag: About i1.',
      'warn reminder: Lag: About i2.',
    ]);
    expect(logSink().name).toBe('log');
  });
});
