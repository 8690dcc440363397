import type { SqlRunner } from './sql.ts';

/** How often parts of one write may be refused before the part at hand is left out as a whole. */
const MAX_REFUSED_PARTS = 200;

/**
 * Whether PostgreSQL refuses data for what they are, which does not pass with time: a value that is none (class 22), a
 * constraint (23), a limit (54).
 */
export function isRefusal(thrown: unknown): boolean {
  const { code } = (thrown ?? {}) as { code?: unknown };
  return typeof code === 'string' && /^(?:2[23]|54)/.test(code);
}

/** Writes rows in a transaction and leaves out those that PostgreSQL refuses for what they are, halving to find them. */
export class PiecewiseWriter {
  private refusedParts = 0;
  private firstRefusal: unknown = null;

  constructor(private readonly runner: SqlRunner) {}

  /** Why the first was refused; `null` when none was. */
  get refusal(): unknown {
    return this.firstRefusal;
  }

  /** Writes some rows. Gives those that were refused. @throws any error that is no refusal */
  async write<T>(rows: readonly T[], write: (rows: readonly T[]) => Promise<void>): Promise<T[]> {
    if (rows.length === 0 || (await this.isWritten(() => write(rows)))) return [];
    if (rows.length === 1 || this.refusedParts >= MAX_REFUSED_PARTS) return [...rows];
    const half = Math.ceil(rows.length / 2);
    const before = await this.write(rows.slice(0, half), write);
    return [...before, ...(await this.write(rows.slice(half), write))];
  }

  private async isWritten(write: () => Promise<void>): Promise<boolean> {
    await this.runner.query('savepoint part');
    try {
      await write();
    } catch (thrown) {
      if (!isRefusal(thrown)) throw thrown;
      this.firstRefusal ??= thrown;
      this.refusedParts += 1;
      // A savepoint outlives the way back to it.
      await this.runner.query('rollback to savepoint part');
      await this.runner.query('release savepoint part');
      return false;
    }
    await this.runner.query('release savepoint part');
    return true;
  }
}
