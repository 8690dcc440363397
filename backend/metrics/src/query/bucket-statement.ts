import { quantileOf, type MetricAggregation, type MetricLabels } from '@fleetdeck/dto';
import { isoTime } from '@fleetdeck/kernel';
import { keySql } from '../sketch/bins.ts';
import { TABLES } from '../store/tiers.ts';
import type { Segment } from './plan.ts';
import type { TimeGrid } from './time-grid.ts';

/** What a statement is made of. */
export interface BucketQuestion {
  metricName: string;
  labels: MetricLabels;
  groupBy: readonly string[];
  aggregations: readonly MetricAggregation[];
  grid: TimeGrid;
  segments: readonly Segment[];
  /** Whether the answer says how many series of a group have something in the span. */
  countSeries: boolean;
  maxRows: number;
}

/** What one source holds of one bucket of one group. */
export interface BucketRow {
  grp: number;
  /** The labels of the group, as JSON. */
  labels: string;
  series: number;
  bucket: number;
  points: number;
  sum: number | null;
  min: number | null;
  max: number | null;
  last_value: number | null;
  last_ms: number | null;
  increase: number | null;
  /** The time that the increase of single points was taken from. */
  covered_ms: number | null;
  /** Sketches that stand one after the other. */
  sketches: Buffer | null;
  /** Bins of single points with their counts; their `sum` is that of the bins' points. */
  keys: number[] | null;
  counts: number[] | null;
}

const COLUMNS =
  'grp, start, points, sum, min, max, last_value, last_ms, increase, covered_ms, sketches, keys, counts';

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
  const parameters: unknown[] = [question.metricName, JSON.stringify(question.labels)];
  const next = (value: unknown) => `$${parameters.push(value)}`;
  const time = (ms: number) => `${next(isoTime(ms))}::timestamptz`;
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
  const extremes = asks('min', 'max') || quantiles;
  const last = asks('last');

  const branches: string[] = [];
  const rolled = spans.filter(({ from }) => from !== 'raw');
  if (rolled.length > 0) {
    const rows = rolled
      .map(
        ({ from, where }) =>
          `select n.grp, r.* from numbered n join fleetdeck.${TABLES[from].table} r on r.series_id = n.id and ${where}`,
      )
      .join(' union all ');
    branches.push(`select r.grp, ${bucketOf('r.at')} as start, sum(r.points)::double precision as points, ${sum} as sum,
      ${column(extremes, 'min(r.min)')} as min, ${column(extremes, 'max(r.max)')} as max,
      ${column(last, '(array_agg(r.last_value order by r.last_at desc, r.last_value desc))[1]')} as last_value,
      ${column(last, '(extract(epoch from max(r.last_at)) * 1000)::double precision')} as last_ms,
      ${column(rate, 'sum(r.increase)')} as increase, null::double precision as covered_ms,
      ${quantiles ? `string_agg(r.sketch, ''::bytea)` : 'null::bytea'} as sketches,
      null::integer[] as keys, null::integer[] as counts
      from (${rows}) r group by 1, 2`);
  }
  const raw = spans.filter(({ from }) => from === 'raw');
  if (raw.length > 0) {
    const rows = raw
      .map(
        ({ where }) =>
          `select n.grp, r.at, r.value, r.increase, r.increase_ms from numbered n
           join fleetdeck.metric_point r on r.series_id = n.id and ${where}`,
      )
      .join(' union all ');
    branches.push(`select r.grp, ${bucketOf('r.at')}, count(*)::double precision,
      ${sum.replace('r.sum', 'r.value')}, ${column(extremes, 'min(r.value)')}, ${column(extremes, 'max(r.value)')},
      ${column(last, '(array_agg(r.value order by r.at desc, r.value desc))[1]')},
      ${column(last, '(extract(epoch from max(r.at)) * 1000)::double precision')},
      ${column(rate, 'sum(r.increase)')},
      ${column(rate, `(extract(epoch from max(r.at)) * 1000 - min(extract(epoch from r.at) * 1000 - coalesce(r.increase_ms, 0)))::double precision`)},
      null::bytea, null::integer[], null::integer[]
      from (${rows}) r group by 1, 2`);
    if (quantiles) {
      branches.push(`select k.grp, k.start, 0::double precision, sum(k.sum), null::double precision, null::double precision,
        null::double precision, null::double precision, null::double precision, null::double precision, null::bytea,
        array_agg(k.key), array_agg(k.count)
        from (select r.grp, ${bucketOf('r.at')} as start, ${keySql('r.value')} as key, count(*)::integer as count,
          sum(r.value) as sum from (${rows}) r group by 1, 2, 3) k group by 1, 2`);
    }
  }
  if (branches.length === 0) {
    return { statement: 'select 1 as grp where false', parameters: [] };
  }
  const presence = spans.map(
    ({ from, where }) =>
      `exists (select from fleetdeck.${TABLES[from].table} r where r.series_id = n.id and ${where})`,
  );
  const { groupBy } = question;
  const labels =
    groupBy.length === 0
      ? `'{}'::jsonb`
      : `(select coalesce(jsonb_object_agg(g, s.labels -> g) filter (where s.labels -> g is not null), '{}'::jsonb)
          from unnest(${next(groupBy)}::text[]) g)`;
  const statement = `with matched as (
      select s.id, ${labels} as labels from fleetdeck.metric_series s where s.metric = $1 and s.labels @> $2::jsonb
    ), numbered as materialized (
      select id, labels, ${groupBy.length === 0 ? '1' : '(dense_rank() over (order by labels))::integer'} as grp from matched
    ), groups as (
      select n.grp, n.labels::text as labels,
        ${question.countSeries ? `(count(*) filter (where ${presence.join(' or ')}))::integer` : '0'} as series
      from numbered n group by n.grp, n.labels
    ), buckets (${COLUMNS}) as (${branches.join('\n union all ')})
    select g.labels, g.series, b.*,
      (round(extract(epoch from b.start - ${origin}) * 1000 / ${next(grid.widthMs)}))::integer as bucket
    from buckets b join groups g on g.grp = b.grp order by b.grp, b.start limit ${next(question.maxRows)}`;
  return { statement, parameters };
}
