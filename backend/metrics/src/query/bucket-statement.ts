import { quantileOf, type MetricAggregation, type MetricKind } from '@fleetdeck/dto';
import { isoTime } from '@fleetdeck/kernel';
import { keySql } from '../sketch/bins.ts';
import { integerArray } from '../store/array-parameters.ts';
import { TABLES, type StoredKind } from '../store/tiers.ts';
import type { Segment } from './plan.ts';
import type { SeriesGroups } from './series-groups.ts';
import { endOf, type TimeGrid } from './time-grid.ts';

/** What a statement is made of. */
export interface BucketQuestion {
  series: SeriesGroups;
  aggregations: readonly MetricAggregation[];
  grid: TimeGrid;
  segments: readonly Segment[];
  kind: MetricKind;
  /** Now, in milliseconds since the epoch. */
  asOf: number;
  /** What was due of each series; `null` when that is not asked for. */
  due: DueSeries | null;
  maxRows: number;
}

/** What is due of the series of a group. */
export interface DueSeries {
  /** Where to look for a point of a series that has none in the span. */
  seenBefore: readonly Segment[];
  /** Points due of each series, when the span is one bucket: what comes beyond them must not hide a silent series. */
  points: number | null;
}

/** What one source holds of one bucket of one group. */
export interface BucketRow {
  /** The place of the group. */
  grp: number;
  /** Begin of the bucket, in milliseconds since the epoch; `null` in the row about what was due of the group: of `points` series, of which `sum` points were received. */
  start_ms: number | null;
  points: number;
  sum: number | null;
  min: number | null;
  max: number | null;
  last_value: number | null;
  last_ms: number | null;
  /** What counters rose by in the time of the bucket that has passed. */
  increase: number | null;
  /** How many totals of counters began anew, so that `increase` is a lower bound. */
  restarts: number | null;
  /** The time between the first and the last single point. */
  covered_ms: number | null;
  /** Sketches that stand one after the other. */
  sketches: Buffer | null;
  /** Bins of single points with their counts. */
  keys: number[] | null;
  counts: number[] | null;
}

const EMPTY = `null::double precision as min, null::double precision as max,
  null::double precision as last_value, null::double precision as last_ms, null::double precision as increase, null::integer as restarts,
  null::double precision as covered_ms, null::bytea as sketches, null::integer[] as keys, null::integer[] as counts`;

/** Whether an aggregation is over time. */
export function isRate(aggregation: MetricAggregation): boolean {
  return aggregation === 'ratePerSecond' || aggregation === 'ratePerMinute';
}

/**
 * One statement for all segments. Roll-ups and single points come as rows of their own: they are put together in the
 * process, where sketches are merged.
 */
export function bucketStatement(question: BucketQuestion): { statement: string; parameters: unknown[] } {
  const { grid, segments, aggregations } = question;
  const { ids, places } = question.series;
  const parameters: unknown[] = [integerArray(ids), integerArray(places)];
  const next = (value: unknown) => `$${parameters.push(value)}`;
  const time = (ms: number) => `${next(isoTime(ms))}::timestamptz`;
  const asked = 'unnest($1::integer[], $2::integer[]) n (id, grp)';
  const origin = time(grid.startMs);
  const width = grid.count === 1 ? '' : `${next(`${grid.widthMs} milliseconds`)}::interval`;
  const bucketOf = (column: string) =>
    grid.count === 1 ? `${origin}` : `date_bin(${width}, ${column}, ${origin})`;
  const spans = segments.map((segment) => ({
    ...segment,
    where: `r.at >= ${time(segment.startMs)} and r.at < ${time(segment.endMs)}`,
  }));
  const asks = (...names: string[]) => aggregations.some((aggregation) => names.includes(aggregation));
  const quantiles = aggregations.some((aggregation) => quantileOf(aggregation) !== null);
  const sum = asks('avg', 'sum') ? 'sum(r.sum)' : 'null::double precision';
  const column = (wanted: boolean, expression: string) => (wanted ? expression : 'null::double precision');
  const rate = asks('ratePerSecond', 'ratePerMinute');
  const counterRate = rate && question.kind === 'counter';
  const extremes = asks('min', 'max') || quantiles;
  const last = asks('last');

  const branches: string[] = [];
  const rolled = spans.filter(({ from }) => from !== 'raw');
  if (rolled.length > 0) {
    const rows = rolled
      .map(
        ({ from, where }) =>
          `select n.grp, r.* from ${asked} join fleetdeck.${TABLES[from].table} r on r.series_id = n.id and ${where}`,
      )
      .join(' union all ');
    branches.push(`select r.grp, ${bucketOf('r.at')} as start, sum(r.points)::double precision as points, ${sum} as sum,
      ${column(extremes, 'min(r.min)')} as min, ${column(extremes, 'max(r.max)')} as max,
      ${column(last, '(array_agg(r.last_value order by r.last_at desc, r.last_value desc))[1]')} as last_value,
      ${column(last, '(extract(epoch from max(r.last_at)) * 1000)::double precision')} as last_ms,
      null::double precision as increase, null::integer as restarts, null::double precision as covered_ms,
      ${quantiles ? `string_agg(r.sketch, ''::bytea)` : 'null::bytea'} as sketches,
      null::integer[] as keys, null::integer[] as counts
      from (${rows}) r group by 1, 2`);
  }
  const raw = spans.filter(({ from }) => from === 'raw');
  if (raw.length > 0) {
    const rows = raw
      .map(
        ({ where }) =>
          `select n.grp, r.at, r.value from ${asked}
           join fleetdeck.metric_point r on r.series_id = n.id and ${where}`,
      )
      .join(' union all ');
    // Bins first, so that each point is looked at once; what bins cannot tell is asked for beside them.
    if (quantiles) {
      branches.push(`select k.grp, k.start, sum(k.count)::double precision as points, sum(k.sum) as sum, min(k.min) as min,
        max(k.max) as max, null::double precision as last_value, null::double precision as last_ms,
        null::double precision as increase, null::integer as restarts, null::double precision as covered_ms,
        null::bytea as sketches, array_agg(k.key) as keys, array_agg(k.count) as counts
        from (select r.grp, ${bucketOf('r.at')} as start, ${keySql('r.value')} as key, count(*)::integer as count,
          sum(r.value) as sum, min(r.value) as min, max(r.value) as max from (${rows}) r group by 1, 2, 3) k
        group by 1, 2`);
    }
    if (!quantiles || last || rate) {
      const only = (expression: string) => (quantiles ? 'null::double precision' : expression);
      branches.push(`select r.grp, ${bucketOf('r.at')} as start,
        ${quantiles ? '0::double precision' : 'count(*)::double precision'} as points,
        ${only(sum.replace('r.sum', 'r.value'))} as sum, ${only(column(extremes, 'min(r.value)'))} as min,
        ${only(column(extremes, 'max(r.value)'))} as max,
        ${column(last, '(array_agg(r.value order by r.at desc, r.value desc))[1]')} as last_value,
        ${column(last, '(extract(epoch from max(r.at)) * 1000)::double precision')} as last_ms,
        null::double precision as increase, null::integer as restarts,
        ${column(rate && !counterRate, '(extract(epoch from max(r.at) - min(r.at)) * 1000)::double precision')} as covered_ms,
        null::bytea as sketches, null::integer[] as keys, null::integer[] as counts
        from (${rows}) r group by 1, 2`);
    }
  }
  if (branches.length === 0) {
    return { statement: 'select 1 as grp where false', parameters: [] };
  }
  if (counterRate) {
    const rows = spans
      .map(({ from, where }) => {
        const at = from === 'raw' ? 'extract(epoch from r.at) * 1000' : 'null';
        return `select n.grp, n.id, ${bucketOf('r.at')} as start, r.increase, r.increase_ms,
          r.restarts, (${at})::double precision as at_ms
          from ${asked} join fleetdeck.${TABLES[from].table} r on r.series_id = n.id and ${where}`;
      })
      .join(' union all ');
    const full = `${next(grid.widthMs)}::double precision`;
    // Few buckets are open, and to work out for each of many rows what has passed takes longer than the rest.
    const passed =
      endOf(grid) <= question.asOf + 1
        ? full
        : `case when s.start <= ${time(question.asOf - grid.widthMs)} then ${full} else
           least(${full}, greatest(1, extract(epoch from ${time(question.asOf)} - s.start) * 1000))::double precision end`;
    // What a total rose by since one long before did not all come in this bucket. Each series on its own: one that
    // returns after a gap must not stretch the time of the others.
    branches.push(`select i.grp, i.start, 0::double precision as points, null::double precision as sum,
      null::double precision as min, null::double precision as max, null::double precision as last_value,
      null::double precision as last_ms, sum(i.increase * i.passed / greatest(i.passed, i.covered,
        case when i.passed < ${full} then i.reach end)) as increase, sum(i.restarts)::integer as restarts,
      null::double precision as covered_ms, null::bytea as sketches, null::integer[] as keys, null::integer[] as counts
      from (select s.grp, s.start, ${passed} as passed, sum(s.increase) as increase, -sum(s.increase_ms) as covered,
        sum(s.restarts) as restarts,
        max(s.at_ms) - min(s.at_ms - abs(coalesce(s.increase_ms, 0))) as reach
        from (${rows}) s group by s.grp, s.id, s.start) i group by 1, 2`);
  }
  if (question.due) {
    const { points, seenBefore } = question.due;
    const before = seenBefore.map((segment) => ({
      ...segment,
      where: `r.at >= ${time(segment.startMs)} and r.at < ${time(segment.endMs)}`,
    }));
    const rows = ({ from, where }: { from: StoredKind; where: string }) =>
      `from fleetdeck.${TABLES[from].table} r where r.series_id = n.id and ${where}`;
    // The newest first: most series have a point there.
    const seen = [...spans.toReversed(), ...before.toReversed()].map(
      (span) => `exists (select ${rows(span)})`,
    );
    // A series that is a group of its own needs no limit: its coverage has one.
    const isLimited = points !== null && points > 0 && new Set(places).size < places.length;
    const counts = spans.map(
      (span) => `coalesce((select ${span.from === 'raw' ? 'count(*)' : 'sum(r.points)'} ${rows(span)}), 0)`,
    );
    const received = isLimited
      ? `sum(least(${counts.join(' + ')}, ${next(points)}::integer))::double precision`
      : 'null::double precision';
    branches.push(`select n.grp, null::timestamptz as start,
      (count(*) filter (where ${seen.join(' or ')}))::double precision as points, ${received} as sum, ${EMPTY}
      from ${asked} group by n.grp`);
  }
  const statement = `select b.*, (extract(epoch from b.start) * 1000)::double precision as start_ms
    from (${branches.join('\n union all ')}) b limit ${next(question.maxRows)}`;
  return { statement, parameters };
}
