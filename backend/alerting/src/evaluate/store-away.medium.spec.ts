import { describe, expect, it } from '@jest/globals';
import { MemoryLeases } from '@fleetdeck/kernel/testing';
import { EVALUATOR_LEASE } from '../alerting.service.ts';
import { FakeSink, FlakySql, INTERVAL_MS, type AlertingApp } from '../testing/alerting-app.fixture.ts';
import { DOWN, down, evaluatorSuite, health, LAG, until } from '../testing/evaluator-suite.fixture.ts';

const suite = evaluatorSuite();
const { apps, start, closeInTime } = suite;

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
    const rows = await suite.database.dataSource.query<unknown[]>(
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
      await suite.database.dataSource.query(
        `insert into fleetdeck.alert_signal values ('other', $1, 'critical', 'gone', now(), now() + interval '1 hour')`,
        [`health:${component}`],
      );
    }
    await first.evaluate();
    expect(sink.got.flatMap(({ incidents }) => incidents)).toMatchObject([{ labels: { component: 'disk' } }]);
    await first.close();
    apps.splice(apps.indexOf(first), 1);
    // The store goes away as soon as the state was read.
    const sql = new FlakySql(suite.database.dataSource);
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
      (await suite.database.dataSource.query<unknown[]>('select source from fleetdeck.alert_signal')).length;
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
    const rows = await suite.database.dataSource.query<unknown[]>(
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
    await suite.database.dataSource.query('update fleetdeck.alert_evaluator set fence = 1e9');
    app.metrics.set('lag_ms', 300);
    await app.evaluate();
    await until(() => app.alerting.stats().evaluator === null);
    expect(await suite.database.dataSource.query('select 1 from fleetdeck.alert_instance')).toEqual([]);
  });

  it('writes nothing of an evaluation in the midst of which another evaluator begins', async () => {
    const app = await start({ rules: [{ ...LAG, forMs: 0 }] });
    const { transaction } = app.sql;
    Object.assign(app.sql, {
      transaction: async (work: never) => {
        await suite.database.dataSource.query('update fleetdeck.alert_evaluator set fence = 1e9');
        return transaction(work);
      },
    });
    app.metrics.set('lag_ms', 300);
    await app.evaluate();
    await until(() => app.alerting.stats().evaluator === null);
    expect(await suite.database.dataSource.query('select 1 from fleetdeck.alert_instance')).toEqual([]);
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
    await suite.database.dataSource.query('update fleetdeck.alert_evaluator set fence = 1e9');
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
