import type { DataSource } from 'typeorm';

/** What the module needs of a DataSource. */
export type Sql = Pick<DataSource, 'query' | 'transaction'>;

/** The SQLSTATE, or Node's code, of anything thrown; TypeORM hands on that of the driver. */
export function codeOf(thrown: unknown): string {
  const { code } = (thrown ?? {}) as { code?: unknown };
  return typeof code === 'string' ? code : '';
}

/** No partition takes the row: another replica dropped the hour that it belongs to. */
export const NO_PARTITION = '23514';
/** Two transactions waited for each other, or could not both be first; once more and it works. */
export const COLLISIONS: readonly string[] = ['40P01', '40001', NO_PARTITION];
/** The table does not exist. */
export const NO_TABLE = '42P01';
/** The statement took longer than it may. */
export const STATEMENT_TIMEOUT = '57014';
/** A number does not fit. */
export const OUT_OF_RANGE = '22003';

/** Whether the database itself answered with an error, so that what was asked did certainly not happen. */
export function isSqlState(thrown: unknown): boolean {
  const code = codeOf(thrown);
  // Class 57 is the server going away: then the commit may have been done.
  return (
    code === 'ECONNREFUSED' ||
    (/^[0-9A-Z]{5}$/.test(code) && !code.startsWith('57P') && !code.startsWith('08'))
  );
}
