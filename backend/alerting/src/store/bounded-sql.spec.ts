import { expect, it } from '@jest/globals';
import { FakeTime, turn } from '../testing/fake-time.fixture.ts';
import { boundedSql, MAX_OWED } from './bounded-sql.ts';
import type { Sql } from './sql.ts';

function setUp() {
  const time = new FakeTime();
  const answers: ((rows: unknown[]) => void)[] = [];
  const query = () => new Promise((resolve) => answers.push(resolve));
  const sql = { query, transaction: query } as unknown as Sql;
  return { time, answers, bounded: boundedSql(sql, 3000, time) };
}

it('passes answers on, and errors as they are', async () => {
  const { bounded, answers, time } = setUp();
  const asked = bounded.query('select 1');
  answers[0]?.([1]);
  expect(await asked).toEqual([1]);
  expect(time.size).toBe(0);
  const failing = boundedSql({ query: () => Promise.reject(new Error('gone')) } as unknown as Sql, 1, time);
  await expect(failing.query('select 1')).rejects.toThrow('gone');
});

it.each(['query', 'transaction'] as const)('ends a %s that is not answered in time', async (kind) => {
  const { bounded, time } = setUp();
  const outcome = expect(bounded[kind]('select 1' as never)).rejects.toMatchObject({
    code: 'DATABASE_UNAVAILABLE',
    retryAfterSeconds: 2,
  });
  await time.advance(3000);
  await outcome;
});

it('refuses at once what is asked while the database owes too many answers', async () => {
  const { bounded, time, answers } = setUp();
  const asked = Array.from({ length: MAX_OWED }, () => bounded.query('select 1'));
  const outcome = Promise.allSettled(asked);
  await time.advance(3000);
  await outcome;
  await expect(bounded.query('select 1')).rejects.toThrow('owes too many answers');
  expect(answers).toHaveLength(MAX_OWED);
  answers[0]?.([]);
  await turn();
  const next = bounded.query('select 1');
  answers[MAX_OWED]?.([2]);
  expect(await next).toEqual([2]);
});
