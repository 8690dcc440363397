import type {
  MetricBucket,
  MetricDescriptor,
  MetricLabels,
  MetricLive,
  MetricRecentAnswer,
  Position,
  TopicMessage,
} from '@fleetdeck/dto';
import type { LiveModel } from './liveStore.ts';

/** A series with its newest value and its recent course. The same object until it changes. */
export interface LiveSeries {
  metric: MetricDescriptor;
  labels: MetricLabels;
  /**
   * The newest value: of a gauge as it was measured, of a counter its rate a second, of a distribution the mean of
   * the newest step. `null` when there is none.
   */
  value: number | null;
  /** When the newest value was measured, ISO 8601 UTC; `null` when there is none. */
  asOf: string | null;
  /** Age at which the value is stale: three missed points, at least 5 s. `null` when no interval is declared. */
  staleAfterMs: number | null;
  /** Evenly spaced, oldest first. */
  points: readonly MetricBucket[];
}

/** All series of the metrics that were asked for. */
export interface MetricsData {
  /** The newest moment that is known, ISO 8601 UTC. */
  asOf: string;
  /** Length of one step of `points`. */
  stepMs: number;
  series: readonly LiveSeries[];
}

/** Series that may appear live beside those of the answer, for each metric. */
export const MAX_NEW_SERIES = 1000;

/** Silence after which a process no longer counts: one that stands still says so each minute. */
const SILENT_MS = 180_000;

interface Track {
  metric: MetricDescriptor;
  labels: MetricLabels;
  points: MetricBucket[];
  value: number | null;
  lastRaw: { value: number; ms: number; at: string } | null;
  /** What each process counted that has a count of its own in this series, the rate a second. */
  nodes: Map<string, { value: number; ms: number; rate: number | null }>;
  /** What the newest step is the mean of. */
  sum: number;
  count: number;
  shown: LiveSeries | null;
}

interface Metric {
  descriptor: MetricDescriptor;
  position: Position | null;
  tracks: Map<string, Track>;
}

function labelsKey(labels: MetricLabels): string {
  return JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function isLive(data: unknown): data is MetricLive {
  if (typeof data !== 'object' || data === null) return false;
  const { metricName, labels, value, at } = data as Partial<Record<keyof MetricLive, unknown>>;
  return (
    typeof metricName === 'string' &&
    typeof labels === 'object' &&
    labels !== null &&
    Number.isFinite(value) &&
    typeof at === 'string' &&
    Number.isFinite(Date.parse(at))
  );
}

function staleAfter({ expectedEveryMs }: MetricDescriptor): number | null {
  return expectedEveryMs === null ? null : Math.max(5000, 3 * expectedEveryMs);
}

/** What a counter rose by a second. One that fell was started again: what it counted since is all that is known. */
function rateBetween(before: { value: number; ms: number }, now: { value: number; ms: number }): number {
  const grown = now.value >= before.value ? now.value - before.value : now.value;
  return grown / ((now.ms - before.ms) / 1000);
}

/** The rate of all processes together; `null` while that of one is not known. Those that fell silent are left out. */
function countedBy(
  { nodes, metric }: Track,
  node: string,
  count: { value: number; ms: number; rate: number | null },
): number | null {
  nodes.set(node, count);
  const silentMs = Math.max(SILENT_MS, 3 * (metric.expectedEveryMs ?? 0));
  let whole = 0;
  for (const [name, { ms, rate }] of nodes) {
    if (ms < count.ms - silentMs) nodes.delete(name);
    else if (rate === null) return null;
    else whole += rate;
  }
  return whole;
}

/** Recent values and the live ones that follow, as one run of evenly spaced steps for each series. */
export function createMetricsModel(maxPoints: number): LiveModel<MetricRecentAnswer, MetricsData> {
  let metrics: Map<string, Metric> | null = null;
  let stepMs = 1000;
  let asOf = '';
  let data: MetricsData | null = null;

  /** How many points the newest step already holds, so that a live one weighs no more than its share. */
  const weightOf = (bucket: MetricBucket | undefined, { expectedEveryMs }: MetricDescriptor): number => {
    if (bucket?.coverage == null || expectedEveryMs === null) return 1;
    return Math.max(1, Math.round((bucket.coverage * stepMs) / expectedEveryMs));
  };

  const trackOf = (
    metric: MetricDescriptor,
    labels: MetricLabels,
    points: MetricBucket[],
    last: { value: number; at: string } | null,
  ): Track => {
    const newest = points.at(-1);
    const filled = points.findLast((point) => point.value !== null)?.value ?? null;
    const count = newest?.value == null ? 0 : weightOf(newest, metric);
    return {
      metric,
      labels,
      points: points.slice(-maxPoints),
      value: last === null ? null : metric.kind === 'gauge' ? last.value : filled,
      lastRaw: last && { ...last, ms: Date.parse(last.at) },
      nodes: new Map(),
      sum: (newest?.value ?? 0) * count,
      count,
      shown: null,
    };
  };

  const addToStep = (track: Track, value: number, ms: number, restarted: boolean): void => {
    // Somebody may hold the array that was shown.
    track.points = track.points.slice();
    const newest = track.points.at(-1);
    const anchor = newest ? Date.parse(newest.start) : 0;
    const start = anchor + Math.floor((ms - anchor) / stepMs) * stepMs;
    if (!newest || start > anchor) {
      // A series that has only just begun, or paused for longer than the whole line, has gaps where nothing was.
      const lineStart = start - (maxPoints - 1) * stepMs;
      const from = newest ? Math.max(anchor + stepMs, lineStart) : lineStart;
      for (let gap = from; gap <= start; gap += stepMs) {
        track.points.push({ start: new Date(gap).toISOString(), value: null, coverage: null });
      }
      track.sum = 0;
      track.count = 0;
    }
    track.sum += value;
    track.count += 1;
    const last = track.points.length - 1;
    const { expectedEveryMs } = track.metric;
    track.points[last] = {
      start: new Date(start).toISOString(),
      // What the step is known for stays.
      ...track.points[last],
      value: track.sum / track.count,
      coverage: expectedEveryMs === null ? null : Math.min(1, (track.count * expectedEveryMs) / stepMs),
      ...(restarted ? { lowerBound: true } : {}),
    };
    track.points = track.points.slice(-maxPoints);
  };

  const show = (track: Track): LiveSeries =>
    (track.shown ??= {
      metric: track.metric,
      labels: track.labels,
      value: track.value,
      asOf: track.lastRaw?.at ?? null,
      staleAfterMs: staleAfter(track.metric),
      points: track.points,
    });

  const start = (answer: MetricRecentAnswer): void => {
    stepMs = answer.stepMs;
    asOf = answer.asOf;
    data = null;
    metrics = new Map(
      answer.metrics.map(({ metric, series, position }) => [
        metric.name,
        {
          descriptor: metric,
          position,
          tracks: new Map(
            series.map(({ labels, points, last }) => [
              labelsKey(labels),
              trackOf(metric, labels, points, last),
            ]),
          ),
        },
      ]),
    );
  };

  return {
    begin: (answer) => {
      // What a node remembers is better than nothing, and worse than what is shown already. It is a failed read all the
      // same: there is more to be known.
      if (answer.problem === undefined || metrics === null) start(answer);
      if (answer.problem !== undefined) throw new Error(answer.problem);
    },

    apply: (message) => {
      if (metrics === null || !isLive(message.data)) return false;
      const { metricName, labels, value, at, node } = message.data;
      const metric = metrics.get(metricName);
      if (!metric || isCovered(metric.position, message)) return false;
      const key = labelsKey(labels);
      const ms = Date.parse(at);
      let track = metric.tracks.get(key);
      if (!track) {
        if (metric.tracks.size >= MAX_NEW_SERIES) return false;
        track = trackOf(metric.descriptor, labels, [], null);
        metric.tracks.set(key, track);
      }
      const newest = track.lastRaw;
      const before = node === undefined ? newest : track.nodes.get(node);
      if (before && ms <= before.ms) return false;
      if (!newest || ms > newest.ms) track.lastRaw = { value, ms, at };
      track.shown = null;
      data = null;
      if (at > asOf) asOf = at;
      if (metric.descriptor.kind !== 'counter') {
        addToStep(track, value, ms, false);
        track.value = metric.descriptor.kind === 'gauge' ? value : (track.points.at(-1)?.value ?? value);
      } else {
        const rate = before ? rateBetween(before, { value, ms }) : null;
        const whole = node === undefined ? rate : countedBy(track, node, { value, ms, rate });
        if (whole !== null) {
          track.value = whole;
          addToStep(track, whole, ms, before !== undefined && before !== null && value < before.value);
        }
      }
      return true;
    },

    read: () => {
      if (metrics === null) return null;
      data ??= {
        asOf,
        stepMs,
        series: [...metrics.values()].flatMap(({ tracks }) => [...tracks.values()].map(show)),
      };
      return data;
    },
  };
}

/** Whether an answer that was read at `position` holds a message already. */
export function isCovered(position: Position | null | undefined, message: TopicMessage): boolean {
  return (
    position !== null &&
    position !== undefined &&
    message.offset !== null &&
    message.epoch === position.epoch &&
    message.offset <= position.offset
  );
}
