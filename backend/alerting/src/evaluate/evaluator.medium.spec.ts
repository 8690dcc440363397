import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AUDIT_SINK, FleetdeckError, METRIC_QUERY, PUBLISHER, type Lease } from '@fleetdeck/kernel';
import { createTestDatabase, MemoryLeases, type TestDatabase } from '@fleetdeck/kernel/testing';
import { AlertingHealth } from '../alerting.health.ts';
import { EVALUATOR_LEASE } from '../alerting.service.ts';
import { NoticeRefused } from '../notify/notice-sink.ts';
import type { AlertRule } from '../rule/alert-rule.ts';
import {
  FakeSink,
  FlakySql,
  INTERVAL_MS,
  startAlerting,
  type AlertingApp,
  type ReplicaOptions,
} from '../testing/alerting-app.fixture.ts';

const LAG: AlertRule = {
  name: 'LoopLag',
  metric: { name: 'lag_ms', window: '1m', aggregation: 'p95' },
  when: { is: 'above', value: 200 },
  forMs: INTERVAL_MS,
  severity: 'degraded',
  message: '{{value}} ms late.',
};
const DOWN: AlertRule = {
  name: 'Down',
  health: { component: '*', status: 'critical' },
  severity: 'critical',
  message: '{{component}}: {{reason}}',
};

let database: TestDatabase;
const apps: AlertingApp[] = [];
beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
  await database.drop();
});

async function start(
  options: Parameters<typeof startAlerting>[1],
  replica: ReplicaOptions = {},
): Promise<AlertingApp> {
  const app = await startAlerting(database, options, replica);
  apps.push(app);
  return app;
}

/** Waits for something that happens by itself, without the clock of the test. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Closes a replica while its clock goes on. */
async function closeInTime(app: AlertingApp): Promise<void> {
  apps.splice(apps.indexOf(app), 1);
  let open = true;
  const closed = app.close().finally(() => (open = false));
  while (open) await app.time.advance(1000);
  await closed;
}

const down = (app: AlertingApp, component: string, active = true) =>
  app.alerting.signal({
    source: `health:${component}`,
    active,
    severity: 'critical',
    message: 'no answer',
    at: app.time.clock.now(),
  });
const health = (app: AlertingApp) => app.app.get(AlertingHealth).checkHealth();

describe('while the store is away', () => {
  it('alerts go on from memory; notices wait a moment, leave marked, and are on record afterwards', async () => {
    const app = await start({ rules: [DOWN], storeGraceMs: 2 * INTERVAL_MS });
    app.sql.away = true;
    down(app, 'postgres');
    await app.evaluate();
    expect(await app.alerts()).toMatchObject([{ state: 'firing', labels: { component: 'postgres' } }]);
    expect(app.sink.got).toEqual([]);
    expect(await health(app)).toMatchObject({
      status: 'degraded',
      reason: 'The store is away, alerts go on from memory.',
      details: { waitingNotices: 1 },
    });
    await app.evaluate(2);
    expect(app.sink.got).toMatchObject([{ kind: 'firing', mayRepeat: true }]);
    expect((await app.http('incidents', { role: 'viewer' })).status).toBe(503);
    expect((await app.http('alerts', { role: 'viewer' })).status).toBe(200);
    await app.evaluate(3);
    app.sql.away = false;
    down(app, 'postgres', false);
    await app.evaluate();
    expect(app.sink.got.map(({ kind, mayRepeat }) => [kind, mayRepeat])).toEqual([
      ['firing', true],
      ['resolved', false],
    ]);
    const { items } = await app.alerting.incidents();
    expect(items).toMatchObject([{ rule: 'Down', durationMs: 6 * INTERVAL_MS }]);
    expect((await app.alerting.incident(items[0]?.id ?? '')).events).toHaveLength(2);
    const rows = await database.dataSource.query<unknown[]>(
      'select kind, status from fleetdeck.alert_notice order by seq',
    );
    expect(rows).toEqual([
      { kind: 'firing', status: 'sent' },
      { kind: 'resolved', status: 'sent' },
    ]);
    expect(app.lines.filter((line) => line.includes('The store is away'))).toHaveLength(1);
    expect(app.lines.filter((line) => line.includes('The store is back'))).toHaveLength(1);
    expect(await health(app)).toMatchObject({ status: 'healthy', details: { evaluator: 'here' } });
  });

  it('an evaluator that loses its lease goes on, and keeps its memory when nobody else had it', async () => {
    const leases = new MemoryLeases();
    const app = await start({ rules: [LAG] }, { lease: leases.replica() });
    app.metrics.set('lag_ms', 300);
    app.sql.away = true;
    await app.evaluate();
    leases.lose(EVALUATOR_LEASE, 'unreachable');
    await app.evaluate();
    expect(await app.alerts()).toMatchObject([{ state: 'firing' }]);
    app.sql.away = false;
    await app.evaluate(2);
    expect(app.sink.told).toEqual(['firing LoopLag']);
    expect((await app.alerting.incidents({ state: 'open' })).items).toHaveLength(1);
  });

  it('an evaluator that has just begun knows of silences and of what other replicas say', async () => {
    const leases = new MemoryLeases();
    const rule = { ...DOWN, forMs: 0 };
    const first = await start({ rules: [rule] }, { lease: leases.replica() });
    const { time, sink } = first;
    const endsAt = new Date(time.clock.now() + 3_600_000).toISOString();
    const matchers = [{ label: 'component', is: 'equals' as const, value: 'broker' }];
    await first.alerting.silence({ matchers, reason: 'Move.', endsAt }, 'ada');
    for (const component of ['broker', 'disk']) {
      await database.dataSource.query(
        `insert into fleetdeck.alert_signal values ('other', $1, 'critical', 'gone', now(), now() + interval '1 hour')`,
        [`health:${component}`],
      );
    }
    await first.evaluate();
    expect(sink.got.flatMap(({ incidents }) => incidents)).toMatchObject([{ labels: { component: 'disk' } }]);
    await first.close();
    apps.splice(apps.indexOf(first), 1);
    // The store goes away as soon as the state was read.
    const sql = new FlakySql(database.dataSource);
    const { query } = sql;
    Object.assign(sql, {
      query: async (statement: string, parameters?: unknown[]) => {
        const rows = await query<unknown>(statement, parameters);
        if (statement.includes('as told (incident)')) sql.away = true;
        return rows;
      },
    });
    const options = { rules: [rule], storeGraceMs: 0, dataSource: sql };
    const next = await start(options, { lease: leases.replica(), time, sink });
    await next.evaluate(3);
    expect((await next.alerts()).map(({ labels, state }) => [labels['component'], state])).toEqual([
      ['broker', 'firing'],
      ['disk', 'firing'],
    ]);
    expect(sink.told).toEqual(['firing Down']);
  });

  it('a component with a name of any length is heard of, and keeps no other from it', async () => {
    const leases = new MemoryLeases();
    const leader = await start({ rules: [DOWN] }, { lease: leases.replica() });
    const replica = { lease: leases.replica(), time: leader.time, leads: false };
    const other = await start({ rules: [DOWN] }, replica);
    const long = Array.from({ length: 3000 }, (_each, i) =>
      String.fromCharCode(0x4e00 + ((i * 7919) % 20_000)),
    );
    down(other, long.join(''));
    down(other, 'broker');
    const stored = async () =>
      (await database.dataSource.query<unknown[]>('select source from fleetdeck.alert_signal')).length;
    while ((await stored()) !== 2) await leader.evaluate();
    await leader.evaluate();
    expect(await leader.alerts()).toHaveLength(2);
    down(other, long.join(''), false);
    while ((await stored()) !== 1) await leader.evaluate();
    await leader.evaluate();
    expect(await leader.alerts()).toHaveLength(1);
  });

  it('gives way to a replica that could reach the store, and leaves on record what it did', async () => {
    const leases = new MemoryLeases();
    const cutOff = await start({ rules: [DOWN], storeGraceMs: 0 }, { lease: leases.replica() });
    const { time } = cutOff;
    const other = await start(
      { rules: [DOWN] },
      { lease: leases.replica(), time, leads: false, sink: new FakeSink() },
    );
    expect(other.alerting.stats().evaluator).toBeNull();
    expect(await health(other)).toMatchObject({ details: { evaluator: 'on another replica' } });
    cutOff.sql.away = true;
    down(cutOff, 'postgres');
    await cutOff.evaluate();
    expect(cutOff.sink.got).toMatchObject([{ mayRepeat: true }]);
    leases.lose(EVALUATOR_LEASE, 'unreachable');
    await until(() => other.alerting.stats().evaluator !== null);
    cutOff.sql.away = false;
    for (let i = 0; i < 3; i += 1) {
      await time.advance(INTERVAL_MS, async () => {
        await cutOff.alerting.settled();
        await other.alerting.settled();
      });
    }
    await until(() => cutOff.alerting.stats().evaluator === null);
    await until(async () => (await other.alerting.incidents({ state: 'ended' })).items.length === 1);
    const { items } = await other.alerting.incidents({ state: 'ended' });
    expect(items).toMatchObject([{ endReason: 'Another evaluator went on.' }]);
    // Nobody else knows of it, so nobody else would tell that it is over.
    expect(cutOff.sink.told).toEqual(['firing Down', 'resolved Down']);
    const [firing, resolved] = cutOff.sink.got;
    expect(resolved?.incidents[0]).toMatchObject({
      incidentId: firing?.incidents[0]?.incidentId,
      endedAt: items[0]?.endedAt,
    });
    const rows = await database.dataSource.query<unknown[]>(
      `select kind, status from fleetdeck.alert_notice where incident_ids @> array[$1::uuid] order by seq`,
      [items[0]?.id],
    );
    expect(rows).toEqual([
      { kind: 'firing', status: 'sent' },
      { kind: 'resolved', status: 'sent' },
    ]);
  });

  it('writes nothing more and gives way once an evaluator with a higher fence has begun', async () => {
    const app = await start({ rules: [LAG] });
    await database.dataSource.query('update fleetdeck.alert_evaluator set fence = 1e9');
    app.metrics.set('lag_ms', 300);
    await app.evaluate();
    await until(() => app.alerting.stats().evaluator === null);
    expect(await database.dataSource.query('select 1 from fleetdeck.alert_instance')).toEqual([]);
  });

  it('writes nothing of an evaluation in the midst of which another evaluator begins', async () => {
    const app = await start({ rules: [{ ...LAG, forMs: 0 }] });
    const { transaction } = app.sql;
    Object.assign(app.sql, {
      transaction: async (work: never) => {
        await database.dataSource.query('update fleetdeck.alert_evaluator set fence = 1e9');
        return transaction(work);
      },
    });
    app.metrics.set('lag_ms', 300);
    await app.evaluate();
    await until(() => app.alerting.stats().evaluator === null);
    expect(await database.dataSource.query('select 1 from fleetdeck.alert_instance')).toEqual([]);
    expect(app.sink.got).toEqual([]);
  });

  it('gives way without ending what another evaluator goes on with, as when only the answer of the store was lost', async () => {
    const app = await start({ rules: [DOWN], storeGraceMs: 0 });
    const { transaction } = app.sql;
    Object.assign(app.sql, {
      transaction: async (work: never) => {
        await transaction(work);
        throw Object.assign(new Error('gone'), { code: 'ECONNRESET' });
      },
    });
    down(app, 'broker');
    await app.evaluate();
    expect(app.sink.told).toEqual(['firing Down']);
    Object.assign(app.sql, { transaction });
    await database.dataSource.query('update fleetdeck.alert_evaluator set fence = 1e9');
    await app.evaluate();
    await until(() => app.alerting.stats().evaluator === null);
    expect(app.sink.told).toEqual(['firing Down']);
    expect((await app.alerting.incidents({ state: 'open' })).items).toHaveLength(1);
  });

  it('gives way at once when it hears that the lease is taken', async () => {
    const leases = new MemoryLeases();
    const app = await start({ rules: [LAG] }, { lease: leases.replica() });
    const before = app.alerting.stats().evaluator?.evaluatedAt;
    leases.lose(EVALUATOR_LEASE, 'taken');
    await app.time.advance(1);
    await until(() => (app.alerting.stats().evaluator?.evaluatedAt ?? before) !== before);
  });
});

describe('replicas', () => {
  it('one evaluates; what the health of the others says counts; each answers what fires', async () => {
    const leases = new MemoryLeases();
    const leader = await start({ rules: [DOWN] }, { lease: leases.replica() });
    const { time } = leader;
    const other = await start({ rules: [DOWN] }, { lease: leases.replica(), time, leads: false });
    down(other, 'broker');
    const stored = async () =>
      (await database.dataSource.query<unknown[]>('select source from fleetdeck.alert_signal')).length;
    const step = () => time.advance(INTERVAL_MS, () => leader.alerting.settled());
    await step();
    await until(async () => (await stored()) === 1);
    await step();
    expect(await other.alerts()).toMatchObject([
      { state: 'firing', labels: { component: 'broker' }, message: 'broker: no answer', silencedBy: null },
    ]);
    down(other, 'broker', false);
    await step();
    await until(async () => (await stored()) === 0);
    await step();
    expect(leader.sink.told).toEqual(['firing Down', 'resolved Down']);
    expect(await other.alerts()).toEqual([]);
  });

  it('each answers the value of the last evaluation', async () => {
    const leases = new MemoryLeases();
    const leader = await start({ rules: [{ ...LAG, forMs: 0 }] }, { lease: leases.replica() });
    const replica = { lease: leases.replica(), time: leader.time, leads: false };
    const other = await start({ rules: [{ ...LAG, forMs: 0 }] }, replica);
    for (const value of [300, 500]) {
      leader.metrics.set('lag_ms', value);
      await leader.evaluate();
      expect(await other.alerts()).toMatchObject([{ state: 'firing', value, message: `${value} ms late.` }]);
    }
  });

  it('one whose rules are others, as while a new version is rolled out, answers all that fires', async () => {
    const leases = new MemoryLeases();
    const leader = await start({ rules: [DOWN, { ...LAG, forMs: 600_000 }] }, { lease: leases.replica() });
    const replica = { lease: leases.replica(), time: leader.time, leads: false };
    const other = await start({ rules: [] }, replica);
    const endsAt = new Date(leader.time.clock.now() + 3_600_000).toISOString();
    const matchers = [{ label: 'component', is: 'equals' as const, value: 'broker' }];
    const { id } = await leader.alerting.silence({ matchers, reason: 'Move.', endsAt }, 'ada');
    down(leader, 'broker');
    leader.metrics.set('lag_ms', 300);
    await leader.evaluate();
    const [alert] = (await leader.alerts()).filter(({ state }) => state === 'firing');
    expect(alert).toMatchObject({ severity: 'critical', message: 'broker: no answer', silencedBy: id });
    // What is pending was never described to anybody.
    expect(await other.alerts()).toEqual([alert]);
  });
});

describe('what a replica said', () => {
  const stored = () =>
    database.dataSource.query<{ source: string }[]>(
      'select source from fleetdeck.alert_signal order by source',
    );

  it('counts for a minute after it was last heard of', async () => {
    const app = await start({ rules: [DOWN] });
    const heardOf = (ago: string) =>
      database.dataSource.query(
        `insert into fleetdeck.alert_signal
         values ('killed', 'health:broker', 'critical', 'gone', now(), clock_timestamp() - $1::interval)
         on conflict (node, source) do update set seen_at = excluded.seen_at`,
        [ago],
      );
    await heardOf('30 seconds');
    await app.evaluate();
    expect(await app.alerts()).toMatchObject([{ state: 'firing', labels: { component: 'broker' } }]);
    await heardOf('61 seconds');
    await app.evaluate();
    expect(app.sink.told).toEqual(['firing Down', 'resolved Down']);
  });

  it('counts no longer when it closes', async () => {
    const leases = new MemoryLeases();
    const leader = await start({ rules: [DOWN] }, { lease: leases.replica() });
    const other = await start(
      { rules: [DOWN] },
      { lease: leases.replica(), time: leader.time, leads: false },
    );
    down(other, 'broker');
    while ((await stored()).length === 0) await leader.evaluate();
    await leader.evaluate();
    apps.splice(apps.indexOf(other), 1);
    await other.close();
    expect(await stored()).toEqual([]);
    await leader.evaluate();
    expect(leader.sink.told).toEqual(['firing Down', 'resolved Down']);
  });

  it('counts no longer when it closes while it is still being said', async () => {
    const app = await start({ rules: [DOWN] });
    const { query } = app.sql;
    const writes: Promise<unknown>[] = [];
    let letGo = (): void => undefined;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    Object.assign(app.sql, {
      query: (statement: string, parameters?: unknown[]) => {
        if (!statement.includes('insert into fleetdeck.alert_signal')) return query(statement, parameters);
        const first = writes.length === 0;
        const write = (first ? held : Promise.resolve()).then(() => query(statement, parameters));
        writes.push(write);
        return write;
      },
    });
    down(app, 'broker');
    while (writes.length === 0) await app.time.advance(INTERVAL_MS);
    apps.splice(apps.indexOf(app), 1);
    const closed = app.close();
    // It gave the lease away: what is left of its end is to take back what it said.
    await start({ rules: [DOWN] });
    letGo();
    await closed;
    await Promise.all(writes);
    expect(await stored()).toEqual([]);
  });
});

describe('a database that hangs', () => {
  const NONE = '00000000-0000-4000-8000-000000000000';

  it('lets nobody wait for longer than a moment, on any replica', async () => {
    const leases = new MemoryLeases();
    const leader = await start({ rules: [DOWN] }, { lease: leases.replica() });
    const { time } = leader;
    const other = await start({ rules: [DOWN] }, { lease: leases.replica(), time, leads: false });
    for (const { sql } of [leader, other]) sql.hangs = true;
    const ask = (app: AlertingApp, path: string, body?: object) =>
      app.http(path, { role: 'operator', ...(body ? { body } : {}) });
    const endsAt = new Date(time.clock.now() + 3_600_000).toISOString();
    const matchers = [{ label: 'rule', is: 'equals', value: 'Down' }];
    let open = true;
    const asked = Promise.all([
      ask(other, 'alerts'),
      ask(leader, 'incidents'),
      ask(leader, `incidents/${NONE}`),
      ask(leader, `incidents/${NONE}/ack`, {}),
      ask(leader, 'silences'),
      ask(leader, 'silences', { matchers, reason: 'Move.', endsAt }),
      leader.http(`silences/${NONE}`, { role: 'operator', method: 'DELETE' }),
    ]).finally(() => (open = false));
    while (open) await time.advance(1000);
    for (const { status, json } of await asked) {
      expect([status, json]).toMatchObject([503, { code: 'DATABASE_UNAVAILABLE', retryAfterSeconds: 2 }]);
    }
    expect((await ask(leader, 'alerts')).status).toBe(200);
    await closeInTime(other);
    await closeInTime(leader);
  });

  it('holds up no end of a replica that evaluates', async () => {
    const app = await start({ rules: [DOWN] });
    app.sql.hangs = true;
    await closeInTime(app);
  });
});

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
    await app.evaluate();
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

describe('the end of a replica', () => {
  /** Lets transactions of an application wait, and counts those that are open. */
  function holdTransactions(app: AlertingApp) {
    const { transaction } = app.sql;
    const held = { open: 0, letGo: (): void => undefined };
    const gate = new Promise<void>((resolve) => (held.letGo = resolve));
    Object.assign(app.sql, {
      transaction: async (work: never) => {
        held.open += 1;
        try {
          await gate;
          return await transaction(work);
        } finally {
          held.open -= 1;
        }
      },
    });
    return held;
  }
  const turns = async (): Promise<void> => {
    for (let i = 0; i < 20; i += 1) await new Promise((resolve) => setImmediate(resolve));
  };

  it('leaves no write on its way, and on record what arrived during its last write', async () => {
    const app = await start({ rules: [DOWN], deliveryTimeoutMs: 600_000 });
    let arrive: (() => void) | null = null;
    let tries = 0;
    const { deliver } = app.sink;
    app.sink.deliver = async (notice) => {
      tries += 1;
      await new Promise<void>((resolve) => (arrive = resolve));
      return deliver.call(app.sink, notice);
    };
    down(app, 'broker');
    await app.time.advance(INTERVAL_MS);
    await until(() => arrive !== null);
    down(app, 'disk');
    await app.time.advance(INTERVAL_MS);
    await until(async () => (await app.alerting.incidents()).items.length === 2);
    await turns();
    const held = holdTransactions(app);
    const stopped = app.alerting.beforeApplicationShutdown();
    await until(() => held.open === 1);
    (arrive as unknown as () => void)();
    await turns();
    held.letGo();
    await stopped;
    expect(held.open).toBe(0);
    expect([tries, app.sink.got.length]).toEqual([1, 1]);
    const rows = await database.dataSource.query<unknown[]>(
      `select notice #>> '{incidents,0,labels,component}' as component, status from fleetdeck.alert_notice order by seq`,
    );
    expect(rows).toEqual([
      { component: 'broker', status: 'sent' },
      { component: 'disk', status: 'waiting' },
    ]);
  });

  it('leaves no timer behind', async () => {
    const app = await start({ rules: [DOWN] });
    app.sink.failure = new Error('away');
    down(app, 'broker');
    await app.evaluate();
    apps.splice(apps.indexOf(app), 1);
    await app.close();
    expect(app.time.size).toBe(0);
  });

  it('waits for an evaluator that is just giving way', async () => {
    const leases = new MemoryLeases();
    const app = await start({ rules: [DOWN] }, { lease: leases.replica() });
    const { time } = app;
    const other = await start({ rules: [DOWN] }, { lease: leases.replica(), time, leads: false });
    app.sql.away = true;
    await app.evaluate();
    leases.lose(EVALUATOR_LEASE, 'unreachable');
    await until(() => other.alerting.stats().evaluator !== null);
    app.sql.away = false;
    const held = holdTransactions(app);
    await time.advance(INTERVAL_MS);
    await until(() => held.open === 1);
    let isOver = false;
    const stopped = app.alerting.beforeApplicationShutdown().then(() => (isOver = true));
    await turns();
    expect(isOver).toBe(false);
    held.letGo();
    await stopped;
    expect(held.open).toBe(0);
  });

  it('comes also when its lease tells of the stop only later, in the midst of a begin', async () => {
    const term = new AbortController();
    const lease: Lease = { hold: (_name, work) => work(term.signal, 1) };
    const sql = new FlakySql(database.dataSource);
    const { query } = sql;
    let letGo = (): void => undefined;
    const gate = new Promise<void>((resolve) => (letGo = resolve));
    const answered: string[] = [];
    Object.assign(sql, {
      query: async (statement: string, parameters?: unknown[]) => {
        await gate;
        const rows = await query<unknown>(statement, parameters);
        answered.push(statement);
        return rows;
      },
    });
    const app = await start({ rules: [DOWN], dataSource: sql }, { lease, leads: false });
    apps.splice(apps.indexOf(app), 1);
    const closed = app.close();
    await turns();
    letGo();
    await until(() => answered.some((statement) => statement.includes('as told (incident)')));
    await turns();
    term.abort();
    await closed;
    expect(app.alerting.stats().evaluator).toBeNull();
  });

  it('does not wait for a lease that cannot be given away, and says so', async () => {
    const lease: Lease = {
      async hold(_name, work, stop) {
        await work(stop, 1);
        await new Promise(() => undefined);
      },
    };
    const app = await start({ rules: [DOWN] }, { lease });
    await closeInTime(app);
    expect(app.lines.filter((line) => line.includes('was not given away'))).toHaveLength(1);
  });
});

describe('a take-over', () => {
  it('leaves to the next evaluator what becomes of a notice that both know', async () => {
    const leases = new MemoryLeases();
    const options = { rules: [DOWN], retryBaseMs: INTERVAL_MS, retryCapMs: INTERVAL_MS };
    const cutOff = await start(options, { lease: leases.replica() });
    const { time } = cutOff;
    const sink = new FakeSink();
    const other = await start(options, { lease: leases.replica(), time, leads: false, sink });
    sink.failure = new Error('The pager answered 503.');
    let tries = 0;
    cutOff.sink.deliver = () => {
      tries += 1;
      return Promise.reject(new Error('The pager answered 503.'));
    };
    down(cutOff, 'broker');
    await cutOff.evaluate();
    cutOff.sql.away = true;
    while (tries < 2) await cutOff.evaluate();
    leases.lose(EVALUATOR_LEASE, 'unreachable');
    await until(() => other.alerting.stats().evaluator !== null);
    cutOff.sql.away = false;
    while (cutOff.alerting.stats().evaluator !== null) {
      await time.advance(INTERVAL_MS, async () => {
        await cutOff.alerting.settled();
        await other.alerting.settled();
      });
    }
    apps.splice(apps.indexOf(cutOff), 1);
    await cutOff.close();
    sink.failure = null;
    down(other, 'broker');
    await other.evaluate(3);
    expect(sink.told).toEqual(['firing Down']);
    expect(await database.dataSource.query('select status from fleetdeck.alert_notice')).toEqual([
      { status: 'sent' },
    ]);
  });
});

describe('a replica on which no rule is evaluated', () => {
  const follower = async () => {
    const leases = new MemoryLeases();
    const leader = await start({ rules: [DOWN] }, { lease: leases.replica() });
    const replica = { lease: leases.replica(), time: leader.time, leads: false };
    return { leader, other: await start({ rules: [DOWN] }, replica) };
  };
  const sinceEvaluation = (interval: string) =>
    database.dataSource.query(
      `update fleetdeck.alert_evaluator set evaluated_at = clock_timestamp() - $1::interval`,
      [interval],
    );

  it('is well while another evaluates, and says when none has for too long', async () => {
    const { leader, other } = await follower();
    await sinceEvaluation('1 minute');
    expect(await health(other)).toMatchObject({
      status: 'degraded',
      reason: 'No replica has evaluated the rules for 60 s.',
      details: { evaluator: 'nowhere' },
    });
    await leader.evaluate();
    expect(await health(other)).toMatchObject({
      status: 'healthy',
      details: { evaluator: 'on another replica' },
    });
  });

  it('says when it cannot know, because the store is away', async () => {
    const { other } = await follower();
    other.sql.away = true;
    expect(await health(other)).toMatchObject({
      status: 'degraded',
      reason: 'The store is away, so it is not known whether any replica evaluates the rules.',
    });
  });

  it('says when no rule was ever evaluated', async () => {
    const { other } = await follower();
    await database.dataSource.query('delete from fleetdeck.alert_evaluator');
    other.time.clock.advance(60_000);
    expect(await health(other)).toMatchObject({ details: { evaluator: 'nowhere' } });
  });
});

describe('what does not work', () => {
  it('a lease whose fences begin again is told, as no evaluator may begin below the last', async () => {
    const first = await start({ rules: [LAG] });
    await database.dataSource.query('update fleetdeck.alert_evaluator set fence = 9');
    await first.close();
    apps.splice(apps.indexOf(first), 1);
    const next = await start({ rules: [LAG] }, { lease: new MemoryLeases().replica(), leads: false });
    await until(() => next.lines.some((line) => line.includes('its fences must go on rising')));
    expect(next.alerting.stats().evaluator).toBeNull();
  });

  it('a lease that fails is told, as no rule may be evaluated here then', async () => {
    const lease: Lease = { hold: () => Promise.reject(new Error('no such bucket')) };
    const app = await start({ rules: [LAG] }, { lease, leads: false });
    await until(() => app.lines.some((line) => line.includes('no such bucket')));
    expect(app.alerting.stats().evaluator).toBeNull();
  });

  it('a question that fails leaves the alert as it is, said once until it works again', async () => {
    const app = await start({ rules: [LAG] });
    app.metrics.set('lag_ms', 300);
    await app.evaluate(2);
    app.metrics.failure = new Error('too busy');
    await app.evaluate(3);
    expect(await app.alerts()).toMatchObject([{ state: 'firing' }]);
    expect(app.lines.filter((line) => line.includes('too busy'))).toHaveLength(1);
    expect(await health(app)).toMatchObject({
      status: 'degraded',
      reason: expect.stringMatching(/^Rule \w+ cannot be read, so it stays as it is: too busy\.$/),
    });
    app.metrics.failure = null;
    app.metrics.set('lag_ms', 3);
    await app.evaluate();
    expect(await app.alerts()).toEqual([]);
    expect((await health(app)).status).toBe('healthy');
  });

  it('a metric that nobody knows is said once, and in health, and its rule goes on as without data', async () => {
    const app = await start({ rules: [LAG] });
    app.metrics.failure = new FleetdeckError('UNKNOWN_METRIC', 'There is no metric "lag_ms".');
    await app.evaluate(3);
    const sentence = /has no data: nobody has declared or recorded the metric "lag_ms"/;
    expect(app.lines.filter((line) => sentence.test(line))).toHaveLength(1);
    expect(await health(app)).toMatchObject({ status: 'degraded', reason: expect.stringMatching(sentence) });
  });

  it('more groups than a page may ask for are no reason to be blind', async () => {
    const app = await start({ rules: [LAG] });
    app.metrics.set('lag_ms', 3);
    await app.evaluate();
    expect(app.metrics.limits?.maxGroups).toBeGreaterThan(10_000);
  });

  it('a sink that is away gets its notices later, in order, also after a restart', async () => {
    const app = await start({ rules: [LAG], retryBaseMs: 1000 });
    const { time, metrics, sink } = app;
    sink.failure = new Error('pager is away');
    metrics.set('lag_ms', 300);
    await app.evaluate(2);
    expect(app.lines.filter((line) => line.includes('pager is away'))).not.toEqual([]);
    await app.close();
    apps.splice(apps.indexOf(app), 1);
    metrics.set('lag_ms', 3);
    const next = await start({ rules: [LAG] }, { time, metrics, sink });
    sink.failure = null;
    await next.evaluate(2);
    expect(sink.told).toEqual(['firing LoopLag', 'resolved LoopLag']);
  });

  it('says what is missing, and goes on without: no metrics, no topics, no audit', async () => {
    const app = await start({ rules: [LAG, DOWN] }, { bare: true });
    down(app, 'broker');
    await app.evaluate(2);
    const [alert] = await app.alerts();
    expect(alert).toMatchObject({ rule: 'Down' });
    expect((await app.alerting.alerts()).position).toBeNull();
    await app.alerting.acknowledge(alert?.incidentId ?? '', 'ada');
    expect(app.lines.filter((line) => /^(No |Rules on metrics)/.test(line))).toHaveLength(3);
  });

  it('ports that fail are said once, and what was done stays done', async () => {
    const fail = () => {
      throw new Error('full');
    };
    const ports = [
      { provide: PUBLISHER, useValue: { publish: fail, position: fail } },
      { provide: AUDIT_SINK, useValue: { logEvent: () => Promise.reject(new Error('full')) } },
      { provide: METRIC_QUERY, useValue: { getMetrics: fail } },
    ];
    const app = await start({ rules: [DOWN] }, { bare: true, ports });
    down(app, 'broker');
    await app.evaluate();
    const [alert] = await app.alerts();
    const done = await app.alerting.acknowledge(alert?.incidentId ?? '', 'ada', 'On it.');
    expect(done.acknowledgement).toMatchObject({ by: 'ada' });
    expect(app.lines.filter((line) => line.startsWith('The Publisher fails'))).toHaveLength(1);
    expect(app.lines.filter((line) => line.includes('is not in the audit log'))).toHaveLength(1);
  });

  it('an audit log that says nothing keeps nobody waiting', async () => {
    let asked = false;
    const logEvent = () => new Promise(() => (asked = true));
    const app = await start(
      { rules: [DOWN] },
      { bare: true, ports: [{ provide: AUDIT_SINK, useValue: { logEvent } }] },
    );
    const endsAt = new Date(app.time.clock.now() + 3_600_000).toISOString();
    const matchers = [{ label: 'rule', is: 'equals' as const, value: 'Down' }];
    const silenced = app.alerting.silence({ matchers, reason: 'Move.', endsAt }, 'ada');
    await until(() => asked);
    await app.time.advance(3000);
    expect((await silenced).createdBy).toBe('ada');
    expect(app.lines.filter((line) => line.includes('is not in the audit log'))).toHaveLength(1);
  });

  it('health says when evaluations are late, and for some minutes that notices were given up', async () => {
    const app = await start({ rules: [LAG], maxAttempts: 1 });
    app.time.clock.advance(4 * INTERVAL_MS);
    expect(await health(app)).toMatchObject({ reason: 'Rules have not been evaluated for 40 s.' });
    app.sink.failure = new NoticeRefused('no such hook');
    app.metrics.set('lag_ms', 300);
    await app.evaluate(3);
    expect(await health(app)).toMatchObject({ reason: 'Notices were given up.' });
    expect(await health(app)).toMatchObject({ status: 'degraded', reason: 'Notices were given up.' });
    await app.evaluate(60);
    expect(await health(app)).toMatchObject({ status: 'healthy', details: { abandonedNotices: 1 } });
  });

  it('people are told of an incident once they can be, however late; until then it and health say that they were not', async () => {
    const app = await start({ rules: [LAG], maxAttempts: 2, retryBaseMs: 1, retryCapMs: INTERVAL_MS });
    app.sink.failure = new Error('The pager answered 503.');
    app.metrics.set('lag_ms', 300);
    await app.evaluate(5);
    expect((await health(app)).status).toBe('healthy');
    await app.evaluate(60);
    const incident = async () => (await app.alerting.incidents()).items[0];
    expect((await incident())?.notifiedAt).toBeNull();
    for (let check = 0; check < 2; check += 1) {
      expect(await health(app)).toMatchObject({
        status: 'degraded',
        reason: 'Notices to sink "fake" do not arrive: The pager answered 503.',
      });
    }
    app.sink.failure = null;
    await app.evaluate(2);
    expect(app.sink.told).toEqual(['firing LoopLag']);
    const { notifiedAt = null, firedAt = '' } = (await incident()) ?? {};
    expect(Date.parse(notifiedAt ?? '') - Date.parse(firedAt)).toBeGreaterThan(60 * INTERVAL_MS);
    expect((await health(app)).status).toBe('healthy');
  });

  it('who was told of an incident hears of its end, however late, after a restart too; health says so until then', async () => {
    const options = {
      rules: [LAG],
      maxAttempts: 2,
      retryBaseMs: 1,
      retryCapMs: INTERVAL_MS,
      retentionMs: 86_400_000,
      reminderIntervalMs: 0,
    };
    const app = await start(options);
    const { time, metrics, sink } = app;
    metrics.set('lag_ms', 300);
    // It lasts for longer than notices of what is over are kept.
    await app.evaluate(2);
    time.clock.advance(2 * 86_400_000);
    await app.evaluate();
    sink.failure = new Error('The pager answered 503.');
    metrics.set('lag_ms', 3);
    await app.evaluate(30);
    expect(await health(app)).toMatchObject({
      status: 'degraded',
      reason: 'Notices to sink "fake" do not arrive: The pager answered 503.',
      details: { waitingNotices: 1, abandonedNotices: 0 },
    });
    time.clock.advance(3_600_000);
    await app.evaluate(2);
    await app.close();
    apps.splice(apps.indexOf(app), 1);
    const next = await start(options, { time, metrics, sink });
    sink.failure = null;
    await next.evaluate(2);
    expect(sink.told).toEqual(['firing LoopLag', 'resolved LoopLag']);
    expect((await health(next)).status).toBe('healthy');
  });

  it('an incident of which nobody could be told says so when it is over', async () => {
    const app = await start({ rules: [LAG], maxAttempts: 2, retryBaseMs: 1, retryCapMs: INTERVAL_MS });
    app.sink.failure = new Error('away');
    app.metrics.set('lag_ms', 300);
    await app.evaluate(20);
    app.metrics.set('lag_ms', 3);
    await app.evaluate(3);
    app.sink.failure = null;
    await app.evaluate(2);
    expect(app.sink.got).toEqual([]);
    const { items } = await app.alerting.incidents({ state: 'ended' });
    expect(items).toMatchObject([{ rule: 'LoopLag', notifiedAt: null }]);
  });

  it.each([
    [{ evaluationIntervalMs: 1 }, /evaluationIntervalMs is 1; it must be a number from 100/],
    [{ sinks: [new FakeSink('a'), new FakeSink('a')] }, /sinks has "a" twice/],
    [{ groupBy: ['my-label'] }, /groupBy has "my-label"/],
    [{ groupBy: 'rule' as never }, /groupBy must be a list/],
    [{ rules: [{ ...LAG, message: 'a\0b' }] }, /message must not hold the NUL character/],
    [{ rules: [{ ...LAG, name: '1' }] }, /rules\[0\]\.name must be/],
    [{ routes: [{ sinks: ['pager'] }] }, /routes\[0\]\.sinks must be .* it has "pager"/],
  ])('refuses options %#', async (options, sentence) => {
    await expect(startAlerting(database, options)).rejects.toThrow(sentence);
  });

  it('a text that PostgreSQL cannot hold keeps nothing from being stored', async () => {
    const app = await start({ rules: [DOWN] });
    const message = `${'x'.repeat(499)}\u{1F600} and more`;
    const said = { severity: 'critical' as const, message, at: app.time.clock.now() };
    app.alerting.signal({ source: 'health:half', active: true, ...said });
    await app.evaluate(2);
    expect(app.sink.told).toEqual(['firing Down']);
    expect((await app.alerting.incidents({ state: 'open' })).items).toHaveLength(1);
    expect(app.alerting.stats().evaluator?.storeAwaySince).toBeNull();
  });

  it('what the store refuses for what it is, is told all the same, counted, and keeps nothing later away', async () => {
    const app = await start({ rules: [DOWN] });
    const { transaction } = app.sql;
    const refusal = Object.assign(new Error('invalid input'), { code: '22P02' });
    Object.assign(app.sql, { transaction: () => Promise.reject(refusal) });
    down(app, 'broker');
    await app.evaluate(2);
    expect(app.sink.got).toMatchObject([{ kind: 'firing', mayRepeat: true }]);
    expect(app.lines.filter((line) => line.includes('The store is away'))).toEqual([]);
    expect(app.alerting.stats().evaluator?.droppedRecords).toBeGreaterThan(0);
    expect(app.lines.filter((line) => line.includes('The store refuses what happened'))).toHaveLength(1);
    Object.assign(app.sql, { transaction });
    down(app, 'disk');
    await app.evaluate(2);
    expect((await app.alerting.incidents({ state: 'open' })).items).toMatchObject([
      { labels: { component: 'disk' } },
    ]);
  });

  describe('when the store refuses a part of what happened', () => {
    /** Has PostgreSQL refuse rows that hold a word. */
    const refuse = (table: string, word: string) =>
      database.dataSource.query(
        `alter table fleetdeck.${table} add constraint no_word check (${table}::text not like '%${word}%') not valid`,
      );
    const restart = async (app: AlertingApp, options: Parameters<typeof start>[0]) => {
      apps.splice(apps.indexOf(app), 1);
      await app.close();
      const next = await start(options, { time: app.time, sink: app.sink });
      return next;
    };
    const components = (alerts: readonly { labels: Readonly<Record<string, string>> }[]) =>
      alerts.map(({ labels }) => labels['component']);

    it.each(['incident_event', 'incident', 'alert_notice'])(
      'as a row of %s, all else is stored, and a restart knows what fires and who was told',
      async (table) => {
        const options = { rules: [{ ...DOWN, keepFiringForMs: INTERVAL_MS, groupBy: ['component'] }] };
        const app = await start(options);
        await refuse(table, 'broker');
        down(app, 'broker');
        down(app, 'disk');
        await app.evaluate();
        expect(app.sink.got.map(({ mayRepeat, group }) => [group['component'], mayRepeat])).toEqual([
          ['broker', table === 'alert_notice'],
          ['disk', false],
        ]);
        const before = await app.alerts();
        const { droppedRecords, storeAwaySince } = app.alerting.stats().evaluator ?? {};
        expect(droppedRecords).toBeGreaterThan(0);
        expect(storeAwaySince).toBeNull();
        const next = await restart(app, options);
        down(next, 'broker');
        down(next, 'disk');
        await next.evaluate(2);
        const after = await next.alerts();
        expect(after.map(({ incidentId, state }) => [incidentId, state])).toEqual(
          before.map(({ incidentId, state }) => [incidentId, state]),
        );
        expect(after).toHaveLength(2);
        expect(next.sink.told).toEqual(['firing Down', 'firing Down']);
        const open = components((await next.alerting.incidents({ state: 'open' })).items);
        expect(open.sort()).toEqual(table === 'incident' ? ['disk'] : ['broker', 'disk']);
      },
    );

    it('as an alert itself, the others are stored, and the log says it once', async () => {
      const options = { rules: [{ ...DOWN, forMs: 3 * INTERVAL_MS, groupBy: ['component'] }] };
      const app = await start(options);
      await refuse('alert_instance', 'broker');
      down(app, 'broker');
      down(app, 'disk');
      await app.evaluate(6);
      expect(app.sink.told).toEqual(['firing Down', 'firing Down']);
      expect(app.lines.filter((line) => line.includes('The store refuses'))).toHaveLength(1);
      const stored = await database.dataSource.query<unknown[]>(
        'select series_labels, state from fleetdeck.alert_instance',
      );
      expect(stored).toEqual([{ series_labels: { component: 'disk' }, state: 'firing' }]);
    });

    it('as a whole, the alerts are stored once it takes them', async () => {
      const options = { rules: [{ ...DOWN, keepFiringForMs: INTERVAL_MS }] };
      const app = await start(options);
      const { transaction } = app.sql;
      const refusal = Object.assign(new Error('deferred'), { code: '23514' });
      Object.assign(app.sql, { transaction: () => Promise.reject(refusal) });
      down(app, 'broker');
      await app.evaluate(2);
      const before = await app.alerts();
      Object.assign(app.sql, { transaction });
      await app.evaluate();
      const next = await restart(app, options);
      expect((await next.alerts()).map(({ incidentId }) => incidentId)).toEqual([before[0]?.incidentId]);
      expect(next.sink.told).toEqual(['firing Down']);
    });

    it('as very many rows, what it takes is stored without trying each of them', async () => {
      const app = await start({ rules: [DOWN] });
      await refuse('incident_event', 'Down');
      for (let i = 0; i < 1000; i += 1) down(app, `part-${i}`);
      const { transaction } = app.sql;
      let statements = 0;
      Object.assign(app.sql, {
        transaction: (work: (manager: { query: unknown }) => Promise<unknown>) =>
          transaction(((manager: { query: (...args: unknown[]) => unknown }) => {
            const query = (...args: unknown[]) => {
              statements += 1;
              return manager.query(...args);
            };
            return work({ query });
          }) as never),
      });
      await app.evaluate();
      expect(app.alerting.stats().evaluator).toMatchObject({ storeAwaySince: null, droppedRecords: 1000 });
      expect(statements).toBeLessThan(2000);
      expect((await app.alerting.incidents({ state: 'open', limit: 500 })).items).toHaveLength(500);
    });
  });

  it('deletes what is older than the retention', async () => {
    const app = await start({ rules: [LAG], retentionMs: 86_400_000 });
    app.metrics.set('lag_ms', 300);
    await app.evaluate(2);
    app.metrics.set('lag_ms', 3);
    await app.evaluate();
    const count = async (table: string) =>
      (await database.dataSource.query<unknown[]>(`select 1 from fleetdeck.${table}`)).length;
    expect(await count('incident')).toBe(1);
    app.time.clock.advance(2 * 86_400_000);
    await app.evaluate(2);
    for (const table of ['incident', 'alert_notice', 'incident_event']) {
      expect([table, await count(table)]).toEqual([table, 0]);
    }
  });
});
