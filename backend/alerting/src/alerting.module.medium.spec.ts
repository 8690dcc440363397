import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import type { Incident, Page, Problem, Silence } from '@fleetdeck/dto';
import { leaseMigrations, migrateFleetdeck } from '@fleetdeck/kernel';
import { createTestDatabase, type TestDatabase } from '@fleetdeck/kernel/testing';
import { DataSource } from 'typeorm';
import { MAX_SILENCES } from './alerting.service.ts';
import { Alerting, alertingMigrations, AlertingModule } from './index.ts';
import type { MetricRule } from './rule/alert-rule.ts';
import { startAlerting, type AlertingApp } from './testing/alerting-app.fixture.ts';

const LAG: MetricRule = {
  name: 'LoopLag',
  metric: { name: 'lag_ms', window: '1m', aggregation: 'p95' },
  when: { is: 'above', value: 200, recoverAt: 100 },
  forMs: 20_000,
  keepFiringForMs: 20_000,
  severity: 'degraded',
  message: 'The loop is {{value}} ms late, the limit is {{threshold}} ms.',
  runbookUrl: 'https://runbooks.example.com/lag',
};

@Module({})
class DatabaseModule {}

let database: TestDatabase;
let app: AlertingApp;
beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  await app.close();
  await database.drop();
});

const problem = ({ json }: { json: unknown }): Problem => json as Problem;

describe('an alert from beginning to end', () => {
  it('goes through all states, tells people once that it fires and once that it is over, and leaves a record', async () => {
    app = await startAlerting(database, { rules: [LAG] });
    app.metrics.set('lag_ms', 250);
    await app.evaluate();
    expect(await app.alerts()).toMatchObject([{ rule: 'LoopLag', state: 'pending', value: 250, version: 1 }]);
    expect(app.sink.got).toEqual([]);
    await app.evaluate(2);
    expect(app.sink.told).toEqual(['firing LoopLag']);
    expect(app.sink.got[0]).toMatchObject({
      kind: 'firing',
      group: { rule: 'LoopLag' },
      severity: 'degraded',
      mayRepeat: false,
      incidents: [{ message: 'The loop is 250 ms late, the limit is 200 ms.', value: 250 }],
    });
    app.metrics.set('lag_ms', 150);
    await app.evaluate(3);
    const { runbookUrl } = LAG;
    expect(await app.alerts()).toMatchObject([{ state: 'firing', value: 150, runbookUrl }]);
    app.metrics.set('lag_ms', 80);
    await app.evaluate();
    expect(await app.alerts()).toMatchObject([{ state: 'recovering' }]);
    await app.evaluate(2);
    expect(await app.alerts()).toEqual([]);
    expect(app.sink.told).toEqual(['firing LoopLag', 'resolved LoopLag']);
    const page = (await app.http('incidents', { role: 'viewer' })).json as Page<Incident>;
    expect(page).toMatchObject({
      nextCursor: null,
      items: [{ rule: 'LoopLag', durationMs: 80_000, value: 250, runbookUrl: LAG.runbookUrl }],
    });
    const { events } = await app.alerting.incident(page.items[0]?.id ?? '');
    expect(events?.map(({ from, to, durationMs }) => [from, to, durationMs])).toEqual([
      ['inactive', 'pending', null],
      ['pending', 'firing', 20_000],
      ['firing', 'recovering', 40_000],
      ['recovering', 'inactive', 20_000],
    ]);
    expect(app.updates().map(({ event }) => event?.to)).toEqual([
      'pending',
      'firing',
      'recovering',
      'inactive',
    ]);
    expect(app.publisher.published.every(({ topic }) => topic === 'alerts')).toBe(true);
  });

  it('goes on after a restart where it was, in pending and in firing, without telling anybody twice', async () => {
    const first = await startAlerting(database, { rules: [LAG] });
    const { time, metrics, sink } = first;
    metrics.set('lag_ms', 250);
    await first.evaluate(2);
    await first.close();
    const second = await startAlerting(database, { rules: [LAG] }, { time, metrics, sink });
    expect(await second.alerts()).toMatchObject([{ state: 'pending' }]);
    await second.evaluate();
    expect(sink.told).toEqual(['firing LoopLag']);
    await second.close();
    app = await startAlerting(database, { rules: [LAG] }, { time, metrics, sink });
    await app.evaluate(2);
    metrics.set('lag_ms', 0);
    await app.evaluate(3);
    expect(sink.told).toEqual(['firing LoopLag', 'resolved LoopLag']);
    expect((await app.alerting.incidents()).items).toHaveLength(1);
  });

  it('joins those of which people were told lately, also after a restart', async () => {
    const rule = { ...LAG, forMs: 0, metric: { ...LAG.metric, groupBy: ['node'] } };
    const bad = (...nodes: string[]) => nodes.map((node) => ({ labels: { node }, value: 250 }));
    const options = { rules: [rule], groupIntervalMs: 60_000 };
    const first = await startAlerting(database, options);
    const { time, metrics, sink } = first;
    metrics.set('lag_ms', bad('a'));
    await first.evaluate();
    metrics.set('lag_ms', bad('a', 'b'));
    await first.evaluate();
    await first.close();
    app = await startAlerting(database, options, { time, metrics, sink });
    metrics.set('lag_ms', bad('a', 'b', 'c'));
    await app.evaluate(4);
    expect(sink.told).toEqual(['firing LoopLag']);
    await app.evaluate();
    expect(sink.told).toEqual(['firing LoopLag', 'firing LoopLag LoopLag']);
  });

  describe('an end that waits for the turn of its group', () => {
    const rule = {
      ...LAG,
      forMs: 0,
      keepFiringForMs: 0,
      metric: { ...LAG.metric, groupBy: ['node'] },
    };
    const options = { rules: [rule], groupIntervalMs: 60_000 };
    const bad = (...nodes: string[]) =>
      ['a', 'b', 'c'].map((node) => ({ labels: { node }, value: nodes.includes(node) ? 250 : 3 }));

    it('is told once, after a restart too, and before what fires since', async () => {
      const first = await startAlerting(database, options);
      const { time, metrics, sink } = first;
      metrics.set('lag_ms', bad('a'));
      await first.evaluate();
      metrics.set('lag_ms', bad());
      await first.evaluate();
      await first.close();
      const second = await startAlerting(database, options, { time, metrics, sink });
      metrics.set('lag_ms', bad('b'));
      await second.evaluate(4);
      expect(sink.told).toEqual(['firing LoopLag']);
      await second.evaluate();
      expect(sink.told.slice(1)).toEqual(['resolved LoopLag', 'firing LoopLag']);
      expect(sink.got.map(({ incidents }) => incidents[0]?.labels['node'])).toEqual(['a', 'a', 'b']);
      const { endedAt, beganAt } = sink.got[1]?.incidents[0] ?? {};
      expect(Date.parse(endedAt ?? '') - Date.parse(beganAt ?? '')).toBe(10_000);
      await second.close();
      app = await startAlerting(database, options, { time, metrics, sink });
      await app.evaluate(10);
      expect(sink.got).toHaveLength(3);
    });

    it('is put off by another end of which people were told lately, after a restart too', async () => {
      const first = await startAlerting(database, options);
      const { time, metrics, sink } = first;
      metrics.set('lag_ms', bad('a', 'b', 'c'));
      await first.evaluate(10);
      metrics.set('lag_ms', bad('b', 'c'));
      await first.evaluate();
      expect(sink.told).toEqual(['firing LoopLag LoopLag LoopLag', 'resolved LoopLag']);
      await first.close();
      app = await startAlerting(database, options, { time, metrics, sink });
      metrics.set('lag_ms', bad('c'));
      await app.evaluate(5);
      expect(sink.told).toHaveLength(2);
      await app.evaluate();
      expect(sink.told.slice(2)).toEqual(['resolved LoopLag']);
    });

    it('is stored once the store is back, and told by the next evaluator', async () => {
      const first = await startAlerting(database, options);
      const { time, metrics, sink } = first;
      metrics.set('lag_ms', bad('a'));
      await first.evaluate();
      const { transaction } = first.sql;
      const gone = () => Promise.reject(Object.assign(new Error('gone'), { code: 'ECONNRESET' }));
      Object.assign(first.sql, { transaction: gone });
      metrics.set('lag_ms', bad());
      await first.evaluate();
      Object.assign(first.sql, { transaction });
      await first.evaluate();
      await first.close();
      app = await startAlerting(database, options, { time, metrics, sink });
      await app.evaluate(3);
      expect(sink.told).toEqual(['firing LoopLag']);
      await app.evaluate(2);
      expect(sink.told).toEqual(['firing LoopLag', 'resolved LoopLag']);
      expect(await database.dataSource.query('select 1 from fleetdeck.alert_waiting_end')).toEqual([]);
    });

    it('is told in its turn also when its rule is taken away', async () => {
      const first = await startAlerting(database, options);
      const { time, metrics, sink } = first;
      metrics.set('lag_ms', bad('a'));
      await first.evaluate();
      await first.close();
      app = await startAlerting(database, { ...options, rules: [] }, { time, metrics, sink });
      await app.evaluate(5);
      expect(sink.told).toEqual(['firing LoopLag']);
      await app.evaluate();
      expect(sink.told).toEqual(['firing LoopLag', 'resolved LoopLag']);
    });
  });

  it('ends when its rule is taken away, and says so', async () => {
    const first = await startAlerting(database, { rules: [{ ...LAG, forMs: 0 }] });
    const { time, metrics, sink } = first;
    metrics.set('lag_ms', 250);
    await first.evaluate();
    await first.close();
    app = await startAlerting(database, { rules: [] }, { time, metrics, sink });
    expect(sink.told).toEqual(['firing LoopLag', 'resolved LoopLag']);
    expect((await app.alerting.incidents()).items).toMatchObject([
      { severity: 'degraded', endReason: 'Rule LoopLag is no longer there.' },
    ]);
  });
});

describe('silences and acknowledgements', () => {
  it('keep people from being told: a silence of the firing and its end, an acknowledgement of reminders', async () => {
    app = await startAlerting(database, { rules: [{ ...LAG, forMs: 0 }], reminderIntervalMs: 30_000 });
    const body = {
      matchers: [{ label: 'rule', is: 'equals', value: 'LoopLag' }],
      reason: 'Planned work.',
      endsAt: new Date(app.time.clock.now() + 25_000).toISOString(),
    };
    const made = await app.http('silences', { role: 'operator', body });
    expect([made.status, made.json]).toMatchObject([201, { createdBy: 'ada', state: 'active' }]);
    app.metrics.set('lag_ms', 250);
    await app.evaluate();
    expect(app.sink.got).toEqual([]);
    const { id } = made.json as Silence;
    expect(await app.alerts()).toMatchObject([{ state: 'firing', silencedBy: id }]);
    await app.evaluate(2);
    expect(app.sink.told).toEqual(['firing LoopLag']);
    await app.evaluate(3);
    expect(app.sink.told).toEqual(['firing LoopLag', 'reminder LoopLag']);
    const [alert] = await app.alerts();
    const ack = await app.http(`incidents/${alert?.incidentId}/ack`, {
      role: 'operator',
      body: { reason: 'On it.' },
    });
    expect([ack.status, ack.json]).toMatchObject([200, { acknowledgement: { by: 'ada', reason: 'On it.' } }]);
    expect(await app.alerts()).toMatchObject([{ acknowledgement: { by: 'ada' } }]);
    expect(app.updates().at(-1)).toMatchObject({
      event: { kind: 'acknowledged', by: 'ada' },
      alert: { acknowledgement: { by: 'ada' } },
    });
    await app.evaluate(6);
    expect(app.sink.told).toEqual(['firing LoopLag', 'reminder LoopLag']);
    expect(app.audit.map(({ eventType, operator }) => [eventType, operator])).toEqual([
      ['silence.created', 'ada'],
      ['incident.acknowledged', 'ada'],
    ]);
    const again = await app.http(`incidents/${alert?.incidentId}/ack`, { role: 'admin', body: {} });
    expect(again.json).toMatchObject({ acknowledgement: { reason: 'On it.' } });
    expect(app.audit).toHaveLength(2);
  });

  it('an acknowledgement lasts while its incident does, fires it again or not, and is not that of the next', async () => {
    app = await startAlerting(database, { rules: [{ ...LAG, forMs: 0 }], reminderIntervalMs: 30_000 });
    app.metrics.set('lag_ms', 250);
    await app.evaluate();
    const [alert] = await app.alerts();
    await app.alerting.acknowledge(alert?.incidentId ?? '', 'ada');
    app.metrics.set('lag_ms', 0);
    await app.evaluate();
    app.metrics.set('lag_ms', 250);
    await app.evaluate(5);
    expect(app.sink.told).toEqual(['firing LoopLag']);
    expect(await app.alerts()).toMatchObject([{ state: 'firing', acknowledgement: { by: 'ada' } }]);
    app.metrics.set('lag_ms', 0);
    await app.evaluate(3);
    app.metrics.set('lag_ms', 250);
    await app.evaluate(4);
    expect(app.sink.told.slice(1)).toEqual(['resolved LoopLag', 'firing LoopLag', 'reminder LoopLag']);
    expect(await app.alerts()).toMatchObject([{ acknowledgement: null }]);
  });

  it('the topic tells of a silence when one is made, when its time comes, and when it is over', async () => {
    app = await startAlerting(database, { rules: [{ ...LAG, forMs: 0 }] });
    app.metrics.set('lag_ms', 250);
    await app.evaluate();
    const told = () => app.updates().map(({ event, alert }) => [event?.to ?? null, alert.silencedBy]);
    const at = (ms: number) => new Date(app.time.clock.now() + ms).toISOString();
    const matchers = [{ label: 'rule', is: 'equals' as const, value: 'LoopLag' }];
    const now = await app.alerting.silence({ matchers, reason: 'x', endsAt: at(5000) }, 'ada');
    expect(told()).toEqual([
      ['firing', null],
      [null, now.id],
    ]);
    await app.evaluate();
    const later = { matchers, reason: 'x', startsAt: at(15_000), endsAt: at(90_000) };
    const { id } = await app.alerting.silence(later, 'ada');
    await app.evaluate(2);
    expect(told().at(-1)).toEqual([null, id]);
    await app.alerting.endSilence(id, 'ada');
    // At once, not with the next evaluation.
    expect(told().at(-1)).toEqual([null, null]);
    await app.evaluate();
    expect(told().slice(2)).toEqual([
      [null, null],
      [null, id],
      [null, null],
    ]);
  });

  it('nobody is told of the end of what nobody was told of', async () => {
    app = await startAlerting(database, { rules: [{ ...LAG, forMs: 0, keepFiringForMs: 0 }] });
    const endsAt = new Date(app.time.clock.now() + 3_600_000).toISOString();
    const matchers = [{ label: 'severity', is: 'equals' as const, value: 'degraded' }];
    const silence = await app.alerting.silence({ matchers, reason: 'Move.', endsAt }, 'ada');
    app.metrics.set('lag_ms', 250);
    await app.evaluate();
    app.metrics.set('lag_ms', 0);
    await app.evaluate();
    expect(app.sink.got).toEqual([]);
    const ended = await app.http(`silences/${silence.id}`, { role: 'operator', method: 'DELETE' });
    expect([ended.status, ended.json]).toMatchObject([200, { state: 'ended' }]);
    await app.http(`silences/${silence.id}`, { role: 'operator', method: 'DELETE' });
    expect(app.audit.map(({ eventType }) => eventType)).toEqual(['silence.created', 'silence.ended']);
    expect((await app.http('silences', { role: 'viewer' })).json).toEqual({ silences: [] });
    expect(await app.alerting.silences(true)).toHaveLength(1);
    app.metrics.set('lag_ms', 250);
    await app.evaluate();
    expect(app.sink.told).toEqual(['firing LoopLag']);
  });
});

describe('set up by a factory', () => {
  it('finds the DataSource and elects its evaluator by itself, on the clock of the machine, without routes', async () => {
    await migrateFleetdeck(database.dataSource, [leaseMigrations, alertingMigrations]);
    const testing = await Test.createTestingModule({
      imports: [
        {
          module: DatabaseModule,
          global: true,
          providers: [{ provide: DataSource, useValue: database.dataSource }],
          exports: [DataSource],
        },
        AlertingModule.forRootAsync({
          useFactory: () => ({ rules: [], evaluationIntervalMs: 100, leaseTtlMs: 1000 }),
          http: false,
          isGlobal: false,
        }),
      ],
    }).compile();
    const nest = testing.createNestApplication({ logger: false });
    expect(() => nest.get(Alerting).incidents()).toThrow('still starting');
    await nest.listen(0, '127.0.0.1');
    const alerting = nest.get(Alerting);
    const evaluations = new Set<number>();
    while (evaluations.size < 3) {
      const at = alerting.stats().evaluator?.evaluatedAt ?? null;
      if (at !== null) evaluations.add(at);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await fetch(`${await nest.getUrl()}/api/v1/alerts`)).status).toBe(404);
    expect(await alerting.alerts()).toMatchObject({ alerts: [], position: null });
    app = { close: () => nest.close() } as AlertingApp;
  });
});

describe('over HTTP', () => {
  beforeEach(async () => {
    app = await startAlerting(database, {
      rules: [
        {
          ...LAG,
          forMs: 0,
          keepFiringForMs: 0,
          metric: { ...LAG.metric, groupBy: ['node'] },
        },
      ],
    });
  });

  it('lets viewers read and only operators act', async () => {
    expect((await app.http('alerts')).status).toBe(401);
    expect((await app.http('alerts', { role: 'viewer' })).json).toMatchObject({
      alerts: [],
      position: { epoch: 'fake', offset: 0 },
    });
    for (const [path, method] of [
      ['silences', 'POST'],
      ['silences/x', 'DELETE'],
      ['incidents/x/ack', 'POST'],
    ]) {
      expect((await app.http(String(path), { role: 'viewer', method })).status).toBe(403);
    }
  });

  it('pages incidents by key, newest first, with filters', async () => {
    for (let i = 0; i < 5; i += 1) {
      app.metrics.set('lag_ms', [{ labels: { node: `n${i}` }, value: 300 }]);
      await app.evaluate();
    }
    app.metrics.set('lag_ms', []);
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const path = `incidents?limit=2${cursor === null ? '' : `&cursor=${cursor}`}`;
      const page = (await app.http(path, { role: 'viewer' })).json as Page<Incident>;
      seen.push(...page.items.map(({ labels }) => labels['node'] ?? ''));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(seen).toEqual(['n4', 'n3', 'n2', 'n1', 'n0']);
    const count = async (query: string): Promise<number> =>
      ((await app.http(`incidents?${query}`, { role: 'viewer' })).json as Page<Incident>).items.length;
    expect(await count('state=open')).toBe(5);
    expect(await count('state=ended')).toBe(0);
    expect(await count('severity=critical')).toBe(0);
    expect(await count('rule=LoopLag&severity=degraded')).toBe(5);
    expect(await count('from=2026-01-01T00:00:25.000Z')).toBe(3);
    expect(await count('from=2026-01-01T00:00:25.000Z&to=2026-01-01T00:00:45.000Z')).toBe(2);
  });

  it.each([
    ['incidents?cursor=abc', undefined, 400, 'cursor'],
    [`incidents?cursor=${Buffer.from('["a","b"]').toString('base64url')}`, undefined, 400, 'cursor'],
    ['incidents?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z', undefined, 400, 'from'],
    ['incidents?state=firing', undefined, 400, 'state'],
    ['incidents/nonsense', undefined, 404, null],
    ['incidents/00000000-0000-4000-8000-000000000000', undefined, 404, null],
    ['incidents/00000000-0000-4000-8000-000000000000/ack', {}, 404, null],
    ['silences', { matchers: [], reason: 'x', endsAt: '2026-01-02T00:00:00Z' }, 400, 'matchers'],
    ['silences', { ...quiet(), endsAt: '2025-12-31T00:00:00Z' }, 400, 'endsAt'],
    ['silences', { ...quiet(), startsAt: '2026-01-03T00:00:00Z' }, 400, 'endsAt'],
    ['silences', { ...quiet(), endsAt: '2028-01-03T00:00:00Z' }, 400, 'endsAt'],
  ])('answers %s %j with %d, naming the field', async (path, body, status, field) => {
    const answer = await app.http(path, { role: 'operator', body });
    expect(answer.status).toBe(status);
    if (field !== null) expect(problem(answer).fields?.[0]?.field).toBe(field);
  });

  it('refuses a silence more than it may keep, until one is over', async () => {
    await database.dataSource.query(
      `insert into fleetdeck.alert_silence
       select gen_random_uuid(), '[{"label":"rule","is":"equals","value":"x"}]', 'x', 'x', $1, $1, $1::timestamptz + '1 h'
       from generate_series(1, $2)`,
      [new Date(app.time.clock.now()), MAX_SILENCES],
    );
    const make = () => app.http('silences', { role: 'operator', body: quiet() });
    expect(problem(await make()).code).toBe('LIMIT_EXCEEDED');
    const [first] = await app.alerting.silences();
    await app.alerting.endSilence(first?.id ?? '', 'ada');
    expect((await make()).status).toBe(201);
  });

  it('refuses to acknowledge what is over, and to end a silence that is not there', async () => {
    app.metrics.set('lag_ms', [{ labels: { node: 'a' }, value: 300 }]);
    await app.evaluate();
    const [alert] = await app.alerts();
    app.metrics.set('lag_ms', [{ labels: { node: 'a' }, value: 3 }]);
    await app.evaluate();
    const late = await app.http(`incidents/${alert?.incidentId}/ack`, { role: 'operator', body: {} });
    expect([late.status, problem(late).code]).toEqual([409, 'CONFLICT']);
    const gone = await app.http('silences/7', { role: 'operator', method: 'DELETE' });
    expect(gone.status).toBe(404);
  });
});

function quiet() {
  return {
    matchers: [{ label: 'rule', is: 'equals', value: 'x' }],
    reason: 'x',
    endsAt: '2026-01-02T00:00:00Z',
  };
}
