import {
  LABEL_NAME_PATTERN,
  MAX_LABELS,
  MAX_METRIC_NAME_LENGTH,
  METRIC_KINDS,
  METRIC_NAME_PATTERN,
  type MetricDescriptor,
} from '@fleetdeck/dto';
import { FleetdeckError, type Clock, type MetricDeclaration } from '@fleetdeck/kernel';
import { codeOf, NO_TABLE, type Sql } from '../store/sql.ts';
import { HOUR_MS } from '../store/tiers.ts';
import { nearestNames } from './nearest-names.ts';
import { MetricEntry } from './series.ts';

/** Shortest time between two looks for names that other replicas declared, in milliseconds. */
const RELOAD_EVERY_MS = 1000;
/** Silence after which this process forgets a series at the earliest, and at the latest, in milliseconds. */
const LEAST_IDLE_MS = 2 * HOUR_MS;
const MOST_IDLE_MS = 72 * HOUR_MS;
/** The most metrics that are read from the database. */
const MAX_METRICS = 10_000;
const DIRECTIONS = ['up', 'down', 'none'];

interface MetricRow {
  name: string;
  kind: MetricDescriptor['kind'];
  unit: string;
  help: string;
  labels: string[];
  expected_every_ms: number | null;
  good_direction: MetricDescriptor['goodDirection'];
  declared: boolean;
  raw: boolean;
}

/** The metrics that are known: those declared here, and those that the database knows from other replicas and runs. */
export class MetricRegistry {
  private readonly entries = new Map<string, MetricEntry>();
  private undeclared = 0;
  private loadedAt = -Infinity;
  private loading: Promise<void> | null = null;

  constructor(
    /** Asks the database, with a deadline. */
    private readonly query: Sql['query'],
    private readonly clock: Clock,
    private readonly maxUndeclared: number,
    private readonly error: (line: string) => void,
  ) {}

  /**
   * Declares metrics. Declaring one again replaces its unit, help and so on.
   * @throws FleetdeckError `INVALID_INPUT` when a declaration is not valid, `CONFLICT` when its kind differs from
   *   that of an earlier declaration
   */
  declare(declarations: readonly MetricDeclaration[]): void {
    for (const declaration of declarations) {
      const descriptor = toDescriptor(declaration);
      const entry = this.entries.get(descriptor.name);
      if (!entry) {
        const fresh = new MetricEntry(descriptor, true, true);
        fresh.raw = declaration.raw ?? true;
        this.entries.set(descriptor.name, fresh);
        continue;
      }
      if (entry.declared && entry.descriptor.kind !== descriptor.kind) {
        throw kindConflict(descriptor, entry.descriptor.kind);
      }
      entry.describe(descriptor, true, true);
      entry.raw = declaration.raw ?? true;
      entry.dirty = true;
    }
  }

  get(name: string): MetricEntry | undefined {
    return this.entries.get(name);
  }

  /** Takes a name that nobody declared as a gauge. `null` when it cannot be one, or there are too many. */
  adopt(name: string): MetricEntry | null {
    if (this.undeclared >= this.maxUndeclared) return null;
    if (name.length > MAX_METRIC_NAME_LENGTH || !METRIC_NAME_PATTERN.test(name)) return null;
    this.undeclared += 1;
    const entry = new MetricEntry(toDescriptor({ name, kind: 'gauge' }), false, false);
    this.entries.set(name, entry);
    return entry;
  }

  /** A metric that this process, another replica or an earlier run knows. */
  async find(name: string): Promise<MetricEntry | undefined> {
    const known = this.entries.get(name);
    if (known) return known;
    await this.reload();
    return this.entries.get(name);
  }

  /** @throws FleetdeckError `UNKNOWN_METRIC` with the nearest names */
  async require(name: string): Promise<MetricEntry> {
    const entry = await this.find(name);
    if (entry) return entry;
    const hint = this.hint(name);
    throw new FleetdeckError('UNKNOWN_METRIC', `There is no metric "${name}"${hint}.`, {
      fields: [{ field: 'metricName', message: `must be the name of a metric${hint}` }],
    });
  }

  /** Words in brackets that name the metrics nearest to a name, or nothing. */
  hint(name: string): string {
    const nearest = nearestNames(name, this.entries.keys());
    if (nearest.length > 0) return ` (did you mean ${nearest.map((near) => `"${near}"`).join(', ')}?)`;
    return this.entries.size === 0 ? ' (none is declared yet)' : '';
  }

  /** All known metrics with their series, by name. */
  all(): MetricEntry[] {
    return [...this.entries.values()].sort((a, b) => (a.descriptor.name < b.descriptor.name ? -1 : 1));
  }

  /** All known metrics by name. */
  list(): MetricDescriptor[] {
    return this.all().map((entry) => entry.descriptor);
  }

  /**
   * Forgets series that nobody has recorded for long: for two hours, or for three of the intervals that the metric
   * declares, at most for three days. With them goes the total that the next one of a counter is compared with.
   */
  forgetIdle(now: number): void {
    for (const entry of this.entries.values()) {
      const everyMs = entry.descriptor.expectedEveryMs ?? 0;
      entry.forgetIdle(now - Math.min(MOST_IDLE_MS, Math.max(LEAST_IDLE_MS, 3 * everyMs)));
    }
  }

  /**
   * Tells the database each hour of the metrics that are declared or recorded here, since it forgets one of which it
   * does not hear and has no series; and hears which it has forgotten.
   */
  async keep(now: number): Promise<void> {
    const due = [...this.entries.values()].filter(
      (entry) => (entry.own || !entry.isEmpty) && !entry.dirty && now - entry.toldAt >= HOUR_MS,
    );
    if (due.length === 0) return;
    const rows = await this.query<{ name: string }[]>(
      `with used as (
         select name from fleetdeck.metric where name = any($1) order by name for no key update
       ), seen as (
         update fleetdeck.metric m set seen_at = $2::timestamptz from used u where m.name = u.name returning m.name
       )
       select name from seen`,
      [due.map((entry) => entry.descriptor.name), new Date(now).toISOString()],
    );
    const kept = new Set(rows.map(({ name }) => name));
    for (const entry of due) {
      entry.toldAt = now;
      if (!kept.has(entry.descriptor.name)) entry.dirty = true;
    }
    await this.sync(false);
    await this.reload();
  }

  /** Reads the names that the database knows, at most once a second. */
  async reload(): Promise<void> {
    if (this.clock.monotonicMs() - this.loadedAt < RELOAD_EVERY_MS) return;
    this.loading ??= this.load().finally(() => {
      this.loading = null;
    });
    await this.loading;
  }

  /**
   * Tells the database what changed here.
   * @param strict at the start a conflict is thrown; later it is logged, and the database is right
   * @throws FleetdeckError `CONFLICT` when another program declared a metric with another kind
   */
  async sync(strict: boolean): Promise<void> {
    const dirty = [...this.entries.values()].filter((entry) => entry.dirty);
    if (dirty.length === 0) return;
    for (const entry of dirty) entry.dirty = false;
    try {
      await this.upsert(dirty);
      await this.readBack(dirty, strict);
    } catch (thrown) {
      for (const entry of dirty) entry.dirty = true;
      throw explain(thrown);
    }
  }

  /** Writes what is known of metrics here. */
  async upsert(
    entries: readonly MetricEntry[],
    { query }: Pick<Sql, 'query'> = { query: this.query },
  ): Promise<void> {
    const rows = entries.map(({ descriptor, declared, raw }) => ({
      name: descriptor.name,
      kind: descriptor.kind,
      unit: descriptor.unit,
      help: descriptor.help,
      labels: descriptor.labels,
      expected_every_ms: descriptor.expectedEveryMs,
      good_direction: descriptor.goodDirection,
      declared,
      raw,
    }));
    // A declaration replaces a metric that nobody declared, never the other way round; a kind that was declared stays.
    await query(
      `insert into fleetdeck.metric as m
         (name, kind, unit, help, labels, expected_every_ms, good_direction, declared, raw, seen_at)
       select name, kind, unit, help, labels, expected_every_ms, good_direction, declared, raw, $2::timestamptz
       from jsonb_to_recordset($1::jsonb) as d (name text, kind text, unit text, help text, labels text[],
         expected_every_ms double precision, good_direction text, declared boolean, raw boolean)
       order by name
       on conflict (name) do update set
         kind = excluded.kind, unit = excluded.unit, help = excluded.help,
         labels = case when excluded.declared then excluded.labels
           else (select array_agg(distinct l order by l) from unnest(m.labels || excluded.labels) l) end,
         expected_every_ms = excluded.expected_every_ms, good_direction = excluded.good_direction,
         declared = excluded.declared, raw = excluded.raw, seen_at = excluded.seen_at
       where (excluded.declared and (not m.declared or m.kind = excluded.kind))
          or (not excluded.declared and not m.declared and not m.labels @> excluded.labels)`,
      [JSON.stringify(rows), new Date(this.clock.now()).toISOString()],
    );
  }

  private async readBack(entries: readonly MetricEntry[], strict: boolean): Promise<void> {
    const rows = await this.query<MetricRow[]>(
      `select name, kind, unit, help, labels, expected_every_ms, good_direction, declared, raw
       from fleetdeck.metric where name = any($1)`,
      [entries.map((entry) => entry.descriptor.name)],
    );
    for (const row of rows) {
      const entry = this.entries.get(row.name);
      if (!entry || !row.declared) continue;
      if (entry.own && entry.descriptor.kind !== row.kind) {
        const conflict = kindConflict(entry.descriptor, row.kind);
        if (strict) throw conflict;
        this.error(conflict.message);
      }
      if (!entry.own || entry.descriptor.kind !== row.kind) {
        entry.describe(fromRow(row), true, false);
        entry.raw = row.raw;
      }
    }
  }

  /** Forgets metrics that the database has forgotten and that are neither declared nor recorded here. */
  private forgetGone(known: ReadonlySet<string>): void {
    for (const [name, entry] of this.entries) {
      if (!entry.own && !entry.dirty && entry.isEmpty && !known.has(name)) this.entries.delete(name);
    }
  }

  private async load(): Promise<void> {
    let rows: MetricRow[];
    try {
      rows = await this.query<MetricRow[]>(
        `select name, kind, unit, help, labels, expected_every_ms, good_direction, declared, raw
         from fleetdeck.metric order by name limit $1`,
        [MAX_METRICS],
      );
    } catch (thrown) {
      throw explain(thrown);
    }
    this.loadedAt = this.clock.monotonicMs();
    for (const row of rows) {
      const entry = this.entries.get(row.name);
      if (entry?.own || entry?.dirty) continue;
      const known = entry ?? new MetricEntry(fromRow(row), row.declared, false);
      known.describe(fromRow(row), row.declared, false);
      known.raw = row.raw;
      known.dirty = false;
      this.entries.set(row.name, known);
    }
    if (rows.length < MAX_METRICS) this.forgetGone(new Set(rows.map(({ name }) => name)));
    this.undeclared = [...this.entries.values()].filter((entry) => !entry.declared).length;
  }
}

function fromRow(row: MetricRow): MetricDescriptor {
  return {
    name: row.name,
    kind: row.kind,
    unit: row.unit,
    help: row.help,
    labels: row.labels,
    expectedEveryMs: row.expected_every_ms,
    goodDirection: row.good_direction,
  };
}

function toDescriptor(declaration: MetricDeclaration): MetricDescriptor {
  const {
    name,
    kind,
    unit = '',
    help = '',
    labels = [],
    expectedEveryMs = null,
    goodDirection = 'none',
  } = declaration;
  const refuse = (what: string): never => {
    throw new FleetdeckError('INVALID_INPUT', `The declaration of metric "${name}" is not valid: ${what}.`);
  };
  if (!METRIC_NAME_PATTERN.test(name) || name.length > MAX_METRIC_NAME_LENGTH) {
    refuse(
      `its name must match ${METRIC_NAME_PATTERN.source} and have at most ${MAX_METRIC_NAME_LENGTH} characters`,
    );
  }
  if (!METRIC_KINDS.includes(kind)) refuse(`its kind must be one of ${METRIC_KINDS.join(', ')}`);
  if (!DIRECTIONS.includes(goodDirection))
    refuse(`its goodDirection must be one of ${DIRECTIONS.join(', ')}`);
  if (labels.length > MAX_LABELS) refuse(`it may have at most ${MAX_LABELS} labels`);
  for (const label of labels) {
    if (!LABEL_NAME_PATTERN.test(label)) refuse(`label "${label}" must match ${LABEL_NAME_PATTERN.source}`);
  }
  if (expectedEveryMs !== null && !(Number.isFinite(expectedEveryMs) && expectedEveryMs > 0)) {
    refuse('expectedEveryMs must be a number of milliseconds above 0, or null');
  }
  return { name, kind, unit, help, labels: [...labels], expectedEveryMs, goodDirection };
}

function kindConflict(declared: MetricDescriptor, earlier: string): FleetdeckError {
  return new FleetdeckError(
    'CONFLICT',
    `Metric "${declared.name}" is declared as a ${declared.kind}, but was declared as a ${earlier} before. Give one of them another name: points of two kinds cannot be told apart.`,
  );
}

function explain(thrown: unknown): unknown {
  if (codeOf(thrown) !== NO_TABLE) return thrown;
  return new FleetdeckError(
    'INTERNAL',
    'The tables of the metrics module are missing: call migrateFleetdeck(dataSource, [metricsMigrations]) before the application starts.',
    { cause: thrown },
  );
}
