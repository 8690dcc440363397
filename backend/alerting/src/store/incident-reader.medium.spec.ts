import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { IncidentQuery } from '@fleetdeck/dto';
import { migrateFleetdeck } from '@fleetdeck/kernel';
import { createTestDatabase, type TestDatabase } from '@fleetdeck/kernel/testing';
import { alertingMigrations } from '../migrations/alerting-migrations.ts';
import { IncidentReader } from './incident-reader.ts';

let database: TestDatabase;
let reader: IncidentReader;

const INCIDENTS = [
  { rule: 'OrdersWait', city: 'berlin', severity: 'critical', began: '2026-01-15T12:00Z', over: false },
  { rule: 'LoopLag', city: 'paris', severity: 'degraded', began: '2026-01-15T11:00Z', over: false },
  { rule: 'OrdersWait', city: 'paris', severity: 'critical', began: '2026-01-15T10:00Z', over: true },
  { rule: 'LoopLag', city: '100%_a', severity: 'degraded', began: '2026-01-15T09:00Z', over: true },
];

beforeAll(async () => {
  database = await createTestDatabase();
  await migrateFleetdeck(database.dataSource, [alertingMigrations]);
  reader = new IncidentReader(database.dataSource);
  for (const { rule, city, severity, began, over } of INCIDENTS) {
    await database.dataSource.query(
      `insert into fleetdeck.incident (id, rule, labels, severity, message, began_at, fired_at, ended_at, reason)
       values (gen_random_uuid(), $1, jsonb_build_object('city', $2::text), $3, $2 || ' waits', $4, $4, $5, 'Too many.')`,
      [rule, city, severity, began, over ? '2026-01-16T00:00Z' : null],
    );
  }
});
afterAll(() => database.drop());

const found = async (query: IncidentQuery): Promise<string[]> =>
  (await reader.page(query)).items.map(({ rule, labels }) => `${rule} ${labels['city']}`);

describe('incidents', () => {
  it.each<[string, IncidentQuery, string[]]>([
    ['of one rule', { rule: 'LoopLag' }, ['LoopLag paris', 'LoopLag 100%_a']],
    ['of one rule of many', { rule: ['OrdersWait', 'Other'] }, ['OrdersWait berlin', 'OrdersWait paris']],
    [
      'of no rule in particular',
      { rule: [], status: [], search: ' ' },
      INCIDENTS.map((i) => `${i.rule} ${i.city}`),
    ],
    ['that last, of a severity', { status: 'critical' }, ['OrdersWait berlin']],
    [
      'that last or are over',
      { status: ['degraded', 'ended'] },
      ['LoopLag paris', 'OrdersWait paris', 'LoopLag 100%_a'],
    ],
    ['with all words, in any case', { search: 'PARIS too loop' }, ['LoopLag paris']],
    ['with a word that means something to like', { search: '%_' }, ['LoopLag 100%_a']],
    ['with no such word', { search: '\\' }, []],
    [
      'in a span',
      { from: '2026-01-15T10:00Z', to: '2026-01-15T12:00Z' },
      ['LoopLag paris', 'OrdersWait paris'],
    ],
  ])('are found: those %s', async (_, query, expected) => {
    expect(await found(query)).toEqual(expected);
  });

  it('are read page by page under every filter', async () => {
    const query = { rule: 'LoopLag', search: 'waits', limit: 1 };
    const first = await reader.page(query);
    expect(first.items).toMatchObject([{ labels: { city: 'paris' } }]);
    const cursor = first.nextCursor ?? undefined;
    expect(await reader.page({ ...query, cursor })).toMatchObject({
      items: [{ labels: { city: '100%_a' } }],
      nextCursor: null,
    });
  });

  it('are counted when asked: all that a choice would leave beside the other choices', async () => {
    expect((await reader.page({})).facets).toBeUndefined();
    const { facets } = await reader.page({
      rule: 'LoopLag',
      status: 'ended',
      search: 'a',
      limit: 1,
      facets: true,
    });
    expect(facets).toEqual({
      total: 1,
      rules: [
        { value: 'LoopLag', count: 1 },
        { value: 'OrdersWait', count: 1 },
      ],
      statuses: [
        { value: 'ended', count: 1 },
        { value: 'degraded', count: 1 },
        { value: 'critical', count: 0 },
      ],
    });
  });
});
