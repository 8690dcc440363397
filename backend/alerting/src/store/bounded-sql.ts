import { FleetdeckError } from '@fleetdeck/kernel';
import { withDeadline, type AlertingTimers } from '../timers.ts';
import type { Sql } from './sql.ts';

/** Questions to which the database may owe the answer at once. */
export const MAX_OWED = 100;

/**
 * A DataSource for what people wait for: each answer has a deadline, and while the database owes too many, further
 * questions are refused at once. What was given up may still be done.
 * @throws FleetdeckError `DATABASE_UNAVAILABLE`
 */
export function boundedSql(sql: Sql, timeoutMs: number, timers: AlertingTimers): Sql {
  let owed = 0;
  const late = () =>
    new FleetdeckError(
      'DATABASE_UNAVAILABLE',
      `The database has not answered within ${timeoutMs} ms. Try again shortly; a change may have been made all the same.`,
      { retryAfterSeconds: 2 },
    );
  const ask = async <T>(work: () => Promise<T>): Promise<T> => {
    if (owed >= MAX_OWED) {
      throw new FleetdeckError(
        'DATABASE_UNAVAILABLE',
        'The database owes too many answers; try again shortly.',
        {
          retryAfterSeconds: 2,
        },
      );
    }
    owed += 1;
    const settled = (): void => void (owed -= 1);
    const asked = work();
    asked.then(settled, settled);
    return withDeadline(asked, timeoutMs, timers, late);
  };
  return {
    query: ((...parameters: Parameters<Sql['query']>) => ask(() => sql.query(...parameters))) as Sql['query'],
    transaction: (work: never) => ask(() => sql.transaction(work)),
  };
}
