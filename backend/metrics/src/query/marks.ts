import type { Clock } from '@fleetdeck/kernel';
import type { Sql } from '../store/sql.ts';
import { TIER_MS, windowStart } from '../store/tiers.ts';

/** For how long the marks are taken as known, in milliseconds. Older ones are safe: they make finer tiers answer. */
const KNOWN_FOR_MS = 2000;
const MAX_REPAIRS = 1000;
/** Repairs are told again for so many numbers: one that was noted early may be committed late. */
const OVERLAP = 200;
/** What was repaired before this process began is told for as long as an answer may live, in milliseconds. */
const HEARD_FOR_MS = 900_000;
/** How far apart the clocks of replicas may be, in milliseconds. */
const CLOCK_SPREAD_MS = 60_000;

/** Up to where each tier is complete, in milliseconds since the epoch. */
export interface Marks {
  readonly minutes: number;
  readonly hours: number;
  readonly days: number;
}

/** A past span of a metric whose roll-ups changed. */
export interface Repair {
  metric: string;
  fromMs: number;
  /** Inclusive. */
  toMs: number;
}

interface MarksRow {
  minutes: number | null;
  hours: number | null;
  days: number | null;
  newest_repair: string | null;
  repairs: { id: number; metric: string; from_ms: number; to_ms: number }[] | null;
}

/** Knows how far the roll-ups have come, and hears what other processes repaired. */
export class TierMarks {
  private known: { marks: Marks; until: number } | null = null;
  private asking: Promise<Marks> | null = null;
  private lastRepair: number | null = null;
  private readonly told = new Set<number>();

  constructor(
    private readonly query: Sql['query'],
    private readonly clock: Clock,
    /** Who this process is among those that note repairs. */
    private readonly ownId: string,
    /** Told what other processes repaired since it was asked last; `null` when that is too much to tell. */
    private readonly onRepairs: (repairs: readonly Repair[] | null) => void,
  ) {}

  /** The marks, asked for at most every two seconds. */
  async get(): Promise<Marks> {
    if (this.known && this.known.until > this.clock.monotonicMs()) return this.known.marks;
    this.asking ??= this.ask().finally(() => {
      this.asking = null;
    });
    return this.asking;
  }

  private async ask(): Promise<Marks> {
    const epoch = (time: string) => `(extract(epoch from ${time}) * 1000)::double precision`;
    const [row] = await this.query<MarksRow[]>(
      `select (select ${epoch('min(rolled_to)')} from fleetdeck.metric_writer where not ended) as minutes,
         (select ${epoch('rolled_to')} from fleetdeck.metric_tier where tier = '1h') as hours,
         (select ${epoch('rolled_to')} from fleetdeck.metric_tier where tier = '1d') as days,
         (select max(id) from fleetdeck.metric_repair) as newest_repair,
         (select jsonb_agg(jsonb_build_object('id', r.id, 'metric', r.metric, 'from_ms', ${epoch('r.from_at')}, 'to_ms', ${epoch('r.to_at')}))
          from (select * from fleetdeck.metric_repair
            where id > $1::bigint and noted_by <> $2 and noted_at > $3::timestamptz order by id desc limit ${MAX_REPAIRS}) r) as repairs`,
      [
        (this.lastRepair ?? 0) - OVERLAP,
        this.ownId,
        new Date(this.clock.now() - HEARD_FOR_MS - CLOCK_SPREAD_MS).toISOString(),
      ],
    );
    const openMinute = windowStart(this.clock.now(), TIER_MS['1m']);
    const marks: Marks = {
      minutes: Math.min(row?.minutes ?? openMinute, openMinute),
      hours: row?.hours ?? -Infinity,
      days: row?.days ?? -Infinity,
    };
    const all = row?.repairs ?? [];
    const repairs = all.filter(({ id }) => !this.told.has(id));
    this.lastRepair = Number(row?.newest_repair ?? this.lastRepair ?? 0);
    this.told.clear();
    for (const { id } of all) this.told.add(id);
    this.onRepairs(
      all.length < MAX_REPAIRS
        ? repairs.map(({ metric, from_ms: fromMs, to_ms: toMs }) => ({ metric, fromMs, toMs }))
        : null,
    );
    this.known = { marks, until: this.clock.monotonicMs() + KNOWN_FOR_MS };
    return marks;
  }
}
