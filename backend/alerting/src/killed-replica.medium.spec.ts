import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { leaseMigrations, migrateFleetdeck } from '@fleetdeck/kernel';
import { createTestDatabase, type TestDatabase } from '@fleetdeck/kernel/testing';
import { DataSource } from 'typeorm';
import { ownPostgres, type OwnPostgres } from '../../../tools/jest/own-postgres.mjs';
import { alertingMigrations, EVALUATOR_LEASE, type AlertingOptions } from './index.ts';
import { Receiver, Replica, SECRET } from './testing/replicas.fixture.ts';

const LEASE_TTL_MS = 1_500;
const OPTIONS: AlertingOptions = {
  rules: [
    {
      name: 'Load',
      metric: { name: 'load', window: '1m', aggregation: 'last' },
      when: { is: 'above', value: 100 },
      forMs: 1_000,
      keepFiringForMs: 500,
      severity: 'critical',
      message: 'The load is {{value}}.',
    },
    {
      name: 'PostgresDown',
      health: { component: 'postgres', status: 'critical' },
      forMs: 500,
      severity: 'critical',
      message: 'PostgreSQL does not answer: {{reason}}',
    },
  ],
  evaluationIntervalMs: 250,
  groupIntervalMs: 500,
  leaseTtlMs: LEASE_TTL_MS,
  storeTimeoutMs: 2_000,
  storeGraceMs: 500,
  retryBaseMs: 50,
};

let receiver: Receiver;
const replicas: Replica[] = [];
beforeEach(async () => {
  receiver = await Receiver.start();
});
afterEach(async () => {
  await Promise.all(replicas.splice(0).map((replica) => replica.kill()));
  await receiver.stop();
});

async function start(
  databaseUrl: string,
  load: number,
  options: AlertingOptions = OPTIONS,
): Promise<Replica> {
  const replica = await Replica.start({
    databaseUrl,
    webhookUrl: receiver.url,
    secret: SECRET,
    options,
    load,
  });
  replicas.push(replica);
  return replica;
}

const resolved = () => receiver.got.until((all) => all.some(({ notice }) => notice.kind === 'resolved'));

describe('a replica that is killed', () => {
  // A database each: what a killed replica left waiting would be sent by that of the next test.
  let database: TestDatabase;
  beforeEach(async () => {
    database = await createTestDatabase();
    await migrateFleetdeck(database.dataSource, [leaseMigrations, alertingMigrations]);
  });
  afterEach(() => database.drop());

  it.each([
    ['in pending', (replica: Replica) => replica.changed('pending')],
    ['the moment that it fires', (replica: Replica) => replica.changed('firing')],
    [
      'while its notice is on its way',
      () => {
        receiver.mute = true;
        return receiver.got.until((all) => all.length > 0);
      },
    ],
    ['in firing, long after people were told', () => receiver.got.until((all) => all.length > 0)],
    [
      'while it recovers',
      async (replica: Replica) => {
        await receiver.got.until((all) => all.length > 0);
        replica.tell({ load: 5 });
        await replica.changed('recovering');
      },
    ],
  ])(
    '%s loses no notice and doubles none',
    async (_words, moment) => {
      const first = await start(database.url, 500);
      await moment(first);
      await first.kill();
      receiver.mute = false;
      const second = await start(database.url, 500);
      await receiver.got.until((all) => all.some(({ notice }) => notice.kind === 'firing'));
      await second.said.until(() => second.evaluations > 3);
      second.tell({ load: 5 });
      await resolved();
      expect(receiver.told).toEqual(['firing', 'resolved']);
      expect(receiver.got.all.every(({ signed, notice }) => signed && !notice.mayRepeat)).toBe(true);
      const rows = await database.dataSource.query<unknown[]>(
        `select ended_at is not null as ended from fleetdeck.incident where rule = 'Load' and id = $1`,
        [receiver.got.all[0]?.notice.incidents[0]?.incidentId],
      );
      expect(rows).toEqual([{ ended: true }]);
    },
    60_000,
  );

  it('while an end waits for its group loses it not and doubles it not', async () => {
    const options = { ...OPTIONS, groupIntervalMs: 6_000 };
    const first = await start(database.url, 500, options);
    await receiver.got.until((all) => all.length > 0);
    first.tell({ load: 5 });
    await first.changed('inactive');
    await first.kill();
    expect(receiver.told).toEqual(['firing']);
    const second = await start(database.url, 5, options);
    await resolved();
    const asked = second.evaluations;
    await second.said.until(() => second.evaluations > asked + 3);
    expect(receiver.told).toEqual(['firing', 'resolved']);
  }, 60_000);

  it('is followed by another, which alone evaluates, within the time of the lease', async () => {
    const one = await start(database.url, 5);
    const other = await start(database.url, 5);
    const evaluates = (replica: Replica) => replica.said.until(() => replica.evaluations >= 3);
    await Promise.race([evaluates(one), evaluates(other)]);
    const [leader, follower] = one.evaluations > 0 ? [one, other] : [other, one];
    expect(follower.evaluations).toBe(0);
    await leader.kill();
    const read = () =>
      database.dataSource.query<[{ expires_at: Date; fence: string }]>(
        'select expires_at, fence from fleetdeck.lease where name = $1',
        [EVALUATOR_LEASE],
      );
    const [before] = await read();
    await follower.said.until(() => follower.evaluations >= 1);
    const [after] = await read();
    expect(Number(after.fence)).toBe(Number(before.fence) + 1);
    // By the database's clock: the new term began less than one more term after the old one had ended.
    const beganAt = after.expires_at.getTime() - LEASE_TTL_MS;
    expect(beganAt - before.expires_at.getTime()).toBeLessThan(LEASE_TTL_MS);
  }, 60_000);
});

describe('the store away', () => {
  let postgres: OwnPostgres;
  beforeAll(async () => {
    postgres = await ownPostgres();
  }, 60_000);
  afterAll(() => postgres.close());

  it('the leader goes on: "PostgreSQL is down" arrives, marked that it may repeat, and is on record afterwards', async () => {
    const connect = () =>
      new DataSource({ type: 'postgres', url: postgres.url, poolErrorHandler: () => undefined });
    const setUp = await connect().initialize();
    await migrateFleetdeck(setUp, [leaseMigrations, alertingMigrations]);
    await setUp.destroy();
    const leader = await start(postgres.url, 5);
    await leader.said.until(() => leader.evaluations >= 2);
    await postgres.stop();
    leader.tell({ component: 'postgres', status: 'critical' });
    await receiver.got.until((all) => all.length > 0);
    expect(receiver.got.all[0]).toMatchObject({
      signed: true,
      notice: {
        kind: 'firing',
        mayRepeat: true,
        incidents: [{ rule: 'PostgresDown', message: 'PostgreSQL does not answer: connect ECONNREFUSED' }],
      },
    });
    // Longer than the lease lives.
    const asked = leader.evaluations;
    await leader.said.until(() => leader.evaluations > asked + (2 * LEASE_TTL_MS) / 250);
    await postgres.start();
    leader.tell({ component: 'postgres', status: 'healthy' });
    await resolved();
    expect(receiver.told).toEqual(['firing', 'resolved']);
    const reader = await connect().initialize();
    let rows: { rule: string; ended: boolean; sent: number }[] = [];
    while (rows[0]?.sent !== 2) {
      rows = await reader.query(
        `select rule, ended_at is not null as ended,
           (select count(*)::int from fleetdeck.alert_notice n where n.status = 'sent' and i.id = any (incident_ids)) as sent
         from fleetdeck.incident i`,
      );
    }
    expect(rows).toEqual([{ rule: 'PostgresDown', ended: true, sent: 2 }]);
    const [{ late }] = await reader.query<[{ late: boolean }]>(
      `select (notice ->> 'mayRepeat')::boolean as late from fleetdeck.alert_notice where kind = 'firing'`,
    );
    expect(late).toBe(true);
    await reader.destroy();
  }, 90_000);
});
