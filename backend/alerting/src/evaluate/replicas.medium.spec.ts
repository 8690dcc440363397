import { describe, expect, it } from '@jest/globals';
import type { Lease } from '@fleetdeck/kernel';
import { MemoryLeases } from '@fleetdeck/kernel/testing';
import { EVALUATOR_LEASE } from '../alerting.service.ts';
import { FakeSink, FlakySql, INTERVAL_MS, type AlertingApp } from '../testing/alerting-app.fixture.ts';
import { DOWN, down, evaluatorSuite, health, LAG, until } from '../testing/evaluator-suite.fixture.ts';

const suite = evaluatorSuite();
const { apps, start, closeInTime } = suite;

describe('replicas', () => {
  it('one evaluates; what the health of the others says counts; each answers what fires', async () => {
    const leases = new MemoryLeases();
    const leader = await start({ rules: [DOWN] }, { lease: leases.replica() });
    const { time } = leader;
    const other = await start({ rules: [DOWN] }, { lease: leases.replica(), time, leads: false });
    down(other, 'broker');
    const stored = async () =>
      (await suite.database.dataSource.query<unknown[]>('select source from fleetdeck.alert_signal')).length;
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
    suite.database.dataSource.query<{ source: string }[]>(
      'select source from fleetdeck.alert_signal order by source',
    );

  it('counts for a minute after it was last heard of', async () => {
    const app = await start({ rules: [DOWN] });
    const heardOf = (ago: string) =>
      suite.database.dataSource.query(
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
    const rows = await suite.database.dataSource.query<unknown[]>(
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
    const sql = new FlakySql(suite.database.dataSource);
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
    expect(await suite.database.dataSource.query('select status from fleetdeck.alert_notice')).toEqual([
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
    suite.database.dataSource.query(
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
    await suite.database.dataSource.query('delete from fleetdeck.alert_evaluator');
    other.time.clock.advance(60_000);
    expect(await health(other)).toMatchObject({ details: { evaluator: 'nowhere' } });
  });
});
