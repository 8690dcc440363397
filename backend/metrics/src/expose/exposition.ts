import { setImmediate } from 'node:timers/promises';
import type { MetricEntry, Series } from '../registry/series.ts';

/** Series of which the lines are made at a time; between two lots the process does other things. */
export const SERIES_PER_SLICE = 250;

/** A text format of metrics, as its name in `Content-Type`. */
export const EXPOSITION_TYPES = {
  prometheus: 'text/plain; version=0.0.4; charset=utf-8',
  openMetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
} as const;

/** Which of the formats to write. */
export type ExpositionFormat = keyof typeof EXPOSITION_TYPES;

/** The format that an `Accept` header prefers; OpenMetrics only where that is named, and not where text is liked better. */
export function formatFor(accept: string | undefined): ExpositionFormat {
  const qualities = qualitiesOf(accept ?? '');
  const open = qualities.get('application/openmetrics-text') ?? 0;
  const text = qualities.get('text/plain') ?? qualities.get('text/*') ?? qualities.get('*/*') ?? 0;
  return open > 0 && open >= text ? 'openMetrics' : 'prometheus';
}

/** How much each media type of an `Accept` header is wanted, 0 to 1: the most of those that differ in other parameters. */
function qualitiesOf(accept: string): Map<string, number> {
  const qualities = new Map<string, number>();
  for (const range of accept.toLowerCase().split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim());
    const q = parameters.find((parameter) => parameter.startsWith('q='));
    const quality = q === undefined ? 1 : Number(q.slice(2));
    // What is no number counts as not wanted.
    qualities.set(type, Math.max(qualities.get(type) ?? 0, quality || 0));
  }
  return qualities;
}

/**
 * What this process recorded, as text for a scraper: newest values of gauges, totals of counters, sum and count of
 * distributions since the start. In lots, so that many series do not hold up the event loop.
 */
export async function* exposition(
  entries: Iterable<MetricEntry>,
  format: ExpositionFormat,
): AsyncGenerator<string, void, undefined> {
  let lines: string[] = [];
  let made = 0;
  for (const entry of entries) {
    let headed = false;
    for (const series of entry.recorded()) {
      if (!hasPresent(entry, series)) continue;
      if (!headed) lines.push(head(entry, format));
      headed = true;
      lines.push(linesOf(entry, series, format));
      made += 1;
      if (made % SERIES_PER_SLICE !== 0) continue;
      yield lines.join('');
      lines = [];
      await setImmediate();
    }
  }
  if (format === 'openMetrics') lines.push('# EOF\n');
  yield lines.join('');
}

/** OpenMetrics names a family of counters without the suffix that its samples have. */
function familyOf({ descriptor: { name, kind } }: MetricEntry, format: ExpositionFormat): string {
  return format === 'openMetrics' && kind === 'counter' ? name.replace(/_total$/, '') : name;
}

function head(entry: MetricEntry, format: ExpositionFormat): string {
  const { kind, help } = entry.descriptor;
  const family = familyOf(entry, format);
  const escaped = help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  const text = format === 'openMetrics' ? escaped.replaceAll('"', '\\"') : escaped;
  const type = kind === 'distribution' ? 'summary' : kind;
  return `${text === '' ? '' : `# HELP ${family} ${text}\n`}# TYPE ${family} ${type}\n`;
}

/** Whether there is a value of now: points of the past that were filled in are none. */
function hasPresent({ descriptor: { kind } }: MetricEntry, series: Series): boolean {
  return kind === 'distribution' || series.liveAt > -Infinity || series.ownTotal > 0;
}

function linesOf(entry: MetricEntry, series: Series, format: ExpositionFormat): string {
  const { kind } = entry.descriptor;
  const family = familyOf(entry, format);
  const labels = (series.exposed ??= labelText(series));
  if (kind === 'distribution') {
    return `${family}_sum${labels}${series.seenSum}\n${family}_count${labels}${series.seenCount}\n`;
  }
  const value =
    kind === 'counter' && series.pinned && series.ownTotal > 0 ? series.ownTotal : series.liveValue;
  const suffix = format === 'openMetrics' && kind === 'counter' ? '_total' : '';
  return `${family}${suffix}${labels}${value}\n`;
}

function labelText(series: Series): string {
  const pairs = Object.entries(series.labels).map(([name, value]) => {
    const escaped = value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
    return `${name}="${escaped}"`;
  });
  return pairs.length === 0 ? ' ' : `{${pairs.join(',')}} `;
}
