import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { LeaseLost, type Lease, type LeaseLossReason } from '../ports/lease.port.ts';
import { pause, within } from './pause.ts';

/** How a lease on PostgreSQL behaves. */
export interface PostgresLeaseOptions {
  /**
   * How long a holder that says nothing keeps the lease, in milliseconds: 100 to 600,000. A replica that was killed
   * is replaced at most one and a quarter of this later. @default 15000
   */
  ttlMs?: number;
  /** Who holds it: a name of this process, for people who read the table. @default a random id */
  holder?: string;
  /** Hears of what went wrong while it holds or waits: the database is away, or the work threw. @default nobody */
  onError?: (name: string, thrown: unknown) => void;
  /** From 0 to below 1, spreads the attempts of replicas. @default Math.random */
  random?: () => number;
}

type Sql = Pick<DataSource, 'query'>;

/**
 * A {@link Lease} that is a row of PostgreSQL with a time to live by the database's clock, renewed by heartbeats. It
 * needs no connection of its own, works through a pooler, and goes on after a loss of the connection. Migrate
 * `leaseMigrations` first.
 *
 * @example
 * const lease = createPostgresLease(dataSource, { ttlMs: 10_000 });
 * await lease.hold('cleaner', async (signal) => { while (!signal.aborted) await cleanSome(signal); }, stop.signal);
 * @throws RangeError when `ttlMs` is outside its range
 */
export function createPostgresLease(sql: Sql, options: PostgresLeaseOptions = {}): Lease {
  return new PostgresLease(sql, options);
}

const TAKE = `
  insert into fleetdeck.lease as lease (name, holder, fence, expires_at)
  values ($1, $2, 1, clock_timestamp() + make_interval(secs => $3))
  on conflict (name) do update
    set holder = excluded.holder, fence = lease.fence + 1, expires_at = excluded.expires_at
    where lease.holder = excluded.holder or lease.expires_at <= clock_timestamp()
  returning fence`;
// The rows come from a select, since TypeORM answers an update with a pair of rows and count.
const RENEW = `
  with renewed as (
    update fleetdeck.lease set expires_at = clock_timestamp() + make_interval(secs => $4)
    where name = $1 and holder = $2 and fence = $3
    returning fence
  )
  select fence from renewed`;
const GIVE_AWAY = `
  update fleetdeck.lease set expires_at = clock_timestamp() where name = $1 and holder = $2 and fence = $3`;

class PostgresLease implements Lease {
  private readonly ttlMs: number;
  private readonly holder: string;
  private readonly onError: (name: string, thrown: unknown) => void;
  private readonly random: () => number;

  constructor(
    private readonly sql: Sql,
    {
      ttlMs = 15_000,
      holder = randomUUID(),
      onError = () => undefined,
      random = Math.random,
    }: PostgresLeaseOptions,
  ) {
    if (!(ttlMs >= 100 && ttlMs <= 600_000)) {
      throw new RangeError(`ttlMs must be a number of milliseconds from 100 to 600000, it is ${ttlMs}.`);
    }
    this.ttlMs = ttlMs;
    this.holder = holder;
    this.onError = onError;
    this.random = random;
  }

  async hold(
    name: string,
    work: (signal: AbortSignal, fence: number) => Promise<void>,
    stop: AbortSignal,
  ): Promise<void> {
    while (!stop.aborted) {
      const askedAt = performance.now();
      const fence = await this.take(name);
      if (fence !== null) await this.lead({ name, fence, askedAt, work, stop });
      // Replicas that wait come one after the other, and a worker that fails at once does not spin.
      await pause((this.ttlMs / 4) * (0.5 + this.random() / 2), stop);
    }
  }

  private async take(name: string): Promise<number | null> {
    try {
      const asked = this.sql.query<{ fence: string }[]>(TAKE, [name, this.holder, this.ttlMs / 1000]);
      const [row] = await within(this.ttlMs, asked);
      return row ? Number(row.fence) : null;
    } catch (thrown) {
      this.onError(name, thrown);
      return null;
    }
  }

  private async lead({ name, fence, askedAt, work, stop }: Term): Promise<void> {
    const lost = new AbortController();
    const ended = new AbortController();
    const onStop = (): void => lost.abort(stop.reason);
    stop.addEventListener('abort', onStop);
    if (stop.aborted) onStop();
    const heart = this.beat(name, fence, askedAt, AbortSignal.any([ended.signal, lost.signal])).then(
      (loss) => {
        if (loss !== null) lost.abort(new LeaseLost(name, loss));
      },
    );
    try {
      await work(lost.signal, fence);
    } catch (thrown) {
      this.onError(name, thrown);
    }
    ended.abort();
    stop.removeEventListener('abort', onStop);
    await heart;
    // So that a successor need not wait for the end of the term.
    await within(this.ttlMs, this.sql.query(GIVE_AWAY, [name, this.holder, fence])).catch(() => undefined);
  }

  /** Renews until it is told to end (`null`) or the lease is lost. */
  private async beat(
    name: string,
    fence: number,
    askedAt: number,
    end: AbortSignal,
  ): Promise<LeaseLossReason | null> {
    // Counted from before the question was sent, so that the database never ends the term earlier than we do.
    let until = askedAt + this.ttlMs;
    let wait = this.ttlMs / 3;
    for (;;) {
      await pause(Math.min(wait, until - performance.now()), end);
      if (end.aborted) return null;
      const sentAt = performance.now();
      try {
        const renewed = this.sql.query<unknown[]>(RENEW, [name, this.holder, fence, this.ttlMs / 1000]);
        const rows = await within(until - sentAt, renewed);
        if (rows.length === 0) return 'taken';
        until = sentAt + this.ttlMs;
        wait = this.ttlMs / 3;
      } catch (thrown) {
        if (end.aborted) return null;
        if (performance.now() >= until) return 'unreachable';
        this.onError(name, thrown);
        wait = (this.ttlMs / 10) * (0.5 + this.random() / 2);
      }
    }
  }
}

interface Term {
  name: string;
  fence: number;
  askedAt: number;
  work: (signal: AbortSignal, fence: number) => Promise<void>;
  stop: AbortSignal;
}
