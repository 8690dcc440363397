import { describe, expect, it } from '@jest/globals';
import { AUDIT_SINK, FleetdeckError, METRIC_QUERY, PUBLISHER, type Lease } from '@fleetdeck/kernel';
import { MemoryLeases } from '@fleetdeck/kernel/testing';
import { NoticeRefused } from '../notify/notice-sink.ts';
import { FakeSink, INTERVAL_MS, startAlerting, type AlertingApp } from '../testing/alerting-app.fixture.ts';
import { DOWN, down, evaluatorSuite, health, LAG, until } from '../testing/evaluator-suite.fixture.ts';

const suite = evaluatorSuite();
const { apps, start } = suite;

describe('what does not work', () => {
  it('a lease whose fences begin again is told, as no evaluator may begin below the last', async () => {
    const first = await start({ rules: [LAG] });
    await suite.database.dataSource.query('update fleetdeck.alert_evaluator set fence = 9');
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
    await expect(startAlerting(suite.database, options)).rejects.toThrow(sentence);
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
      suite.database.dataSource.query(
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
      const stored = await suite.database.dataSource.query<unknown[]>(
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
      (await suite.database.dataSource.query<unknown[]>(`select 1 from fleetdeck.${table}`)).length;
    expect(await count('incident')).toBe(1);
    app.time.clock.advance(2 * 86_400_000);
    await app.evaluate(2);
    for (const table of ['incident', 'alert_notice', 'incident_event']) {
      expect([table, await count(table)]).toEqual([table, 0]);
    }
  });
});
