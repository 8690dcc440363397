import type { MetricLabels } from '@fleetdeck/dto';
import { isoTime, type Clock } from '@fleetdeck/kernel';
import { canonicalLabels } from '../registry/labels.ts';
import { seenSince } from '../store/series-store.ts';
import { HOUR_MS, windowStart } from '../store/tiers.ts';
import type { MetricsReader } from './metrics-reader.ts';

/** For how long series of other processes may go unseen, in milliseconds. */
const KNOWN_FOR_MS = 2000;
/** Questions whose series are kept. */
const CAPACITY = 200;

/** The series that a question is about, in groups. */
export interface SeriesGroups {
  readonly ids: readonly number[];
  /** The place in `labels` of the group that each belongs to. */
  readonly places: readonly number[];
  /** The labels of each group. */
  readonly labels: readonly MetricLabels[];
}

/** Knows which series a question is about, so that reading their values is all that a repeated question has to do. */
export class SeriesFinder {
  private readonly known = new Map<
    string,
    { found: Promise<SeriesGroups>; until: number; version: number }
  >();

  constructor(
    private readonly reader: MetricsReader,
    private readonly clock: Clock,
    /** Changes whenever this process makes a series. */
    private readonly version: () => number,
  ) {}

  /** @param fromMs those that cannot have a point since then may be left out: most of what is kept is of the past */
  find(
    metricName: string,
    labels: MetricLabels,
    groupBy: readonly string[],
    fromMs: number,
  ): Promise<SeriesGroups> {
    // To the hour, so that questions soon after one another share what is found.
    const since = windowStart(seenSince(fromMs), HOUR_MS);
    const key = JSON.stringify([metricName, canonicalLabels(labels), groupBy, since]);
    const known = this.known.get(key);
    const now = this.clock.monotonicMs();
    if (known && known.until > now && known.version === this.version()) return known.found;
    const found = this.ask(metricName, labels, groupBy, since);
    this.known.delete(key);
    this.known.set(key, { found, until: now + KNOWN_FOR_MS, version: this.version() });
    found.catch(() => this.known.delete(key));
    for (const oldest of this.known.keys()) {
      if (this.known.size <= CAPACITY) break;
      this.known.delete(oldest);
    }
    return found;
  }

  private async ask(
    metricName: string,
    labels: MetricLabels,
    groupBy: readonly string[],
    since: number,
  ): Promise<SeriesGroups> {
    const rows = await this.reader.read<{ id: number; labels: MetricLabels }>(
      `select id, labels from fleetdeck.metric_series
       where metric = $1 and labels @> $2::jsonb and last_seen_at >= $3::timestamptz`,
      [metricName, JSON.stringify(labels), isoTime(since)],
    );
    const groups = new Map<string, { labels: MetricLabels; ids: number[] }>();
    for (const row of rows) {
      const own = Object.fromEntries(
        groupBy.flatMap((name) => {
          const value = row.labels[name];
          return value === undefined ? [] : [[name, value]];
        }),
      );
      const key = canonicalLabels(own);
      const group = groups.get(key);
      if (group) group.ids.push(row.id);
      else groups.set(key, { labels: own, ids: [row.id] });
    }
    const sorted = [...groups.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group);
    return {
      ids: sorted.flatMap(({ ids }) => ids),
      places: sorted.flatMap(({ ids }, place) => ids.map(() => place)),
      labels: sorted.map((group) => group.labels),
    };
  }
}
