import {
  LABEL_NAME_PATTERN,
  type MetricAggregation,
  type MetricKind,
  type MetricLabels,
  type MetricWindow,
} from '@fleetdeck/dto';

/** A span of time that can be looked at, and the width of its buckets. */
export interface MetricRange {
  id: string;
  words: string;
  window: MetricWindow;
  ms: number;
}

const HOUR_MS = 3_600_000;

/** All ranges, shortest first: as fine as a chart can show. */
export const RANGES = [
  { id: '1h', words: '1 hour', window: '1m', ms: HOUR_MS },
  { id: '6h', words: '6 hours', window: '1m', ms: 6 * HOUR_MS },
  { id: '24h', words: '24 hours', window: '5m', ms: 24 * HOUR_MS },
  { id: '7d', words: '7 days', window: '1h', ms: 7 * 24 * HOUR_MS },
  { id: '30d', words: '30 days', window: '1h', ms: 30 * 24 * HOUR_MS },
] as const satisfies readonly MetricRange[];

/** Something that can be shown of a metric: one line, or several that belong together. */
export interface Shown {
  id: string;
  words: string;
  aggregations: readonly MetricAggregation[];
}

const one = (aggregation: MetricAggregation, words: string): Shown => ({
  id: aggregation,
  words,
  aggregations: [aggregation],
});

/** The one line that stands for a kind where there is a line for each value of a label. */
const MAIN: Readonly<Record<MetricKind, Shown>> = {
  distribution: one('p95', 'p95'),
  gauge: one('avg', 'mean'),
  counter: one('ratePerSecond', 'per second'),
};

/** What can be shown of each kind; first what is shown when nothing is chosen. */
const SHOWN: Readonly<Record<MetricKind, readonly [Shown, ...Shown[]]>> = {
  distribution: [
    { id: 'percentiles', words: 'p50, p95 and p99', aggregations: ['p50', 'p95', 'p99'] },
    one('p50', 'p50'),
    MAIN.distribution,
    one('p99', 'p99'),
    one('avg', 'mean'),
    one('max', 'highest'),
    one('count', 'how many'),
  ],
  gauge: [
    { id: 'spread', words: 'mean, lowest and highest', aggregations: ['avg', 'min', 'max'] },
    MAIN.gauge,
    one('min', 'lowest'),
    one('max', 'highest'),
    one('last', 'last'),
  ],
  counter: [MAIN.counter, one('ratePerMinute', 'per minute')],
};

/** What one look at a metric shows; all of it stands in the address. */
export interface MetricView {
  range: MetricRange;
  show: Shown;
  /** A line for each value of this label; `null` for all series together. */
  by: string | null;
  /** Only series that carry all of these. */
  labels: MetricLabels;
}

/** What can be shown: of lines by a label one each, since three for each could not be told apart. */
export function choicesOf(kind: MetricKind, by: string | null): readonly Shown[] {
  return SHOWN[kind].filter(({ aggregations }) => by === null || aggregations.length === 1);
}

/** Reads a look from an address; what it does not say, or nobody can show, is as by default. */
export function readView(kind: MetricKind, search: string): MetricView {
  const query = new URLSearchParams(search);
  const named = query.get('by') ?? '';
  const by = LABEL_NAME_PATTERN.test(named) ? named : null;
  const chosen = choicesOf(kind, by).find(({ id }) => id === query.get('show'));
  return {
    range: RANGES.find(({ id }) => id === query.get('range')) ?? RANGES[0],
    show: chosen ?? (by === null ? SHOWN[kind][0] : MAIN[kind]),
    by,
    labels: Object.fromEntries(query.getAll('label').flatMap(readLabel)),
  };
}

function readLabel(text: string): [string, string][] {
  const end = text.indexOf(':');
  return end < 1 ? [] : [[text.slice(0, end), text.slice(end + 1)]];
}

/** Labels as the service takes them in an address. */
export function labelTexts(labels: MetricLabels): string[] {
  return Object.entries(labels).map(([name, value]) => `${name}:${value}`);
}

/** The address of a metric's page, looking only at series that carry these labels. */
export function metricPath(name: string, labels: MetricLabels = {}): string {
  const query = new URLSearchParams(labelTexts(labels).map((text) => ['label', text]));
  return `/metric/${name}${query.size === 0 ? '' : `?${query.toString()}`}`;
}

/** The unit of what is shown: rates are per time, and a number of values has no unit. */
export function unitOfShown(unit: string, { aggregations }: Shown): string {
  const [aggregation] = aggregations;
  const counted = unit === '' ? '1' : unit;
  if (aggregation === 'ratePerSecond') return `${counted}/s`;
  if (aggregation === 'ratePerMinute') return `${counted}/min`;
  if (aggregation === 'count' || unit === '1') return '';
  return unit;
}

/** The query of an address in which one thing is chosen; `null` takes it back to the default. */
export function withChoice(search: string, name: 'range' | 'show' | 'by', value: string | null): string {
  const query = new URLSearchParams(search);
  if (value === null) query.delete(name);
  else query.set(name, value);
  // A look by a label offers other things.
  if (name === 'by') query.delete('show');
  return query.size === 0 ? '' : `?${query.toString()}`;
}

/** The query of an address that looks at all series. */
export function withoutLabels(search: string): string {
  const query = new URLSearchParams(search);
  query.delete('label');
  return query.size === 0 ? '' : `?${query.toString()}`;
}
