import { randomUUID } from 'node:crypto';
import { FleetdeckError } from '@fleetdeck/kernel';
import { codeOf, OUT_OF_RANGE, STATEMENT_TIMEOUT, type Sql } from '../store/sql.ts';
import type { Timers } from '../timers.ts';
import type { Gate } from './gate.ts';

/**
 * Reads with a deadline, a few at once. A statement that takes too long is cancelled by a mark in its text: a
 * `statement_timeout` would need a transaction, and three more round trips for reads that mostly take one.
 */
export class MetricsReader {
  private readonly mark = `fleetdeck-metrics ${randomUUID()}`;
  private reads = 0;

  constructor(
    private readonly sql: () => Sql,
    private readonly gate: Gate,
    private readonly timers: Timers,
    private readonly timeoutMs: number,
  ) {}

  /** @throws FleetdeckError `TIMED_OUT`, `OVERLOADED`, `LIMIT_EXCEEDED` */
  async read<Row>(statement: string, parameters: readonly unknown[]): Promise<Row[]> {
    this.reads += 1;
    const mark = `/* ${this.mark} ${this.reads} */`;
    const late = (sent: boolean): Error => {
      if (sent) this.cancel(mark);
      return this.timedOut();
    };
    try {
      return await this.gate.run(() => this.sql().query<Row[]>(`${mark} ${statement}`, [...parameters]), {
        ms: this.timeoutMs,
        timers: this.timers,
        late,
      });
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

  private cancel(mark: string): void {
    void this.sql()
      .query('select pg_cancel_backend(pid) from pg_stat_activity where starts_with(query, $1)', [mark])
      // The statement then ends by itself.
      .catch(() => undefined);
  }

  private timedOut(): FleetdeckError {
    return new FleetdeckError(
      'TIMED_OUT',
      `The read took longer than ${this.timeoutMs / 1000} s; ask for a shorter span or fewer series.`,
    );
  }
}
