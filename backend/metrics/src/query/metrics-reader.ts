import { FleetdeckError } from '@fleetdeck/kernel';
import { codeOf, OUT_OF_RANGE, STATEMENT_TIMEOUT, type Sql } from '../store/sql.ts';
import { withDeadline, type Timers } from '../timers.ts';
import type { Gate } from './gate.ts';

/** What a read may take beyond its statement's own limit, in milliseconds: connecting, and the way back. */
const MARGIN_MS = 1000;

/** Reads with a deadline, a few at once. */
export class MetricsReader {
  constructor(
    private readonly sql: () => Sql,
    private readonly gate: Gate,
    private readonly timers: Timers,
    private readonly timeoutMs: number,
  ) {}

  /** @throws FleetdeckError `TIMED_OUT`, `OVERLOADED`, `LIMIT_EXCEEDED` */
  async read<Row>(statement: string, parameters: readonly unknown[]): Promise<Row[]> {
    const work = this.gate.run(() =>
      this.sql().transaction(async (manager) => {
        await manager.query(`select set_config('statement_timeout', $1, true)`, [String(this.timeoutMs)]);
        return await manager.query<Row[]>(statement, [...parameters]);
      }),
    );
    try {
      return await withDeadline(work, this.timeoutMs + MARGIN_MS, this.timers, () => this.timedOut());
    } catch (thrown) {
      if (codeOf(thrown) === STATEMENT_TIMEOUT) throw this.timedOut();
      if (codeOf(thrown) === OUT_OF_RANGE) {
        throw new FleetdeckError(
          'LIMIT_EXCEEDED',
          'The values are too large to be summed up; ask for a shorter span, or for max.',
          { cause: thrown },
        );
      }
      throw thrown;
    }
  }

  private timedOut(): FleetdeckError {
    return new FleetdeckError(
      'TIMED_OUT',
      `The read took longer than ${this.timeoutMs / 1000} s; ask for a shorter span or fewer series.`,
    );
  }
}
