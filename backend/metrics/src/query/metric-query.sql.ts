import { quantileOf, type MetricAggregation, type MetricKind } from '@fleetdeck/dto';

/** Which series are asked for and how they are grouped: `$1` metric, `$2` labels, `$3` groupBy, `$4` to `$5` the span, `$7` most groups. */
const GROUPS = `
  matched as (
    select s.id, (
      select coalesce(jsonb_object_agg(g, s.labels -> g) filter (where s.labels -> g is not null), '{}'::jsonb)
      from unnest($3::text[]) g
    ) as labels
    from fleetdeck.metric_series s where s.metric = $1 and s.labels @> $2::jsonb
  ), present as (
    select m.id, m.labels from matched m where exists (
      select from fleetdeck.metric_point p
      where p.series_id = m.id and p.at >= $4::timestamptz and p.at < $5::timestamptz
    )
  ), groups as (
    select labels, count(*)::integer as series from present group by labels order by labels limit $7
  )`;

const ANSWER = `
  select g.labels, g.series, (extract(epoch from b.start) * 1000)::double precision as start_ms, b.received, b.value,
    b.covered_ms
  from groups g join buckets b using (labels) order by g.labels, b.start`;

/** A row of the answer. */
export interface BucketRow {
  labels: Record<string, string>;
  /** How many series of the group have a point in the span. */
  series: number;
  start_ms: number;
  received: number;
  /** For rates the increase, or the number of observations. */
  value: number | null;
  /** For counters the time between the first and the last point that the increase was taken from. */
  covered_ms: number | null;
}

/** The statement for one aggregation. `$8` is the quantile, or for counters how far back a first value is looked for. */
export function bucketStatement(aggregation: MetricAggregation, kind: MetricKind): string {
  if (isRate(aggregation) && kind === 'counter') return COUNTER_RATE;
  return `with ${GROUPS}, buckets as (
    select m.labels, date_bin($6::interval, p.at, $4::timestamptz) as start, count(*)::integer as received,
      ${valueOf(aggregation)} as value, null::double precision as covered_ms
    from present m join groups using (labels) join fleetdeck.metric_point p
      on p.series_id = m.id and p.at >= $4::timestamptz and p.at < $5::timestamptz
    group by 1, 2
  ) ${ANSWER}`;
}

/** Whether an aggregation is over time. */
export function isRate(aggregation: MetricAggregation): boolean {
  return aggregation === 'ratePerSecond' || aggregation === 'ratePerMinute';
}

function valueOf(aggregation: MetricAggregation): string {
  if (quantileOf(aggregation) !== null) {
    return 'percentile_cont($8::double precision) within group (order by p.value)';
  }
  if (aggregation === 'count' || isRate(aggregation)) return 'count(*)::double precision';
  if (aggregation === 'last') return '(array_agg(p.value order by p.at desc, p.value desc))[1]';
  return `${aggregation}(p.value)`;
}

/**
 * The rows of a counter's series with the value before each: a decrease means that the counter began again at 0.
 * Values of the same millisecond count upwards. Takes a relation `id`, the span and how far back a first value is
 * looked for.
 */
export function counterSteps(series: string, start: string, end: string, earliest: string): string {
  return `
    select c.*, x.at, x.value, lag(x.at) over one as before_at,
      case when x.value >= lag(x.value) over one then x.value - lag(x.value) over one
        when lag(x.value) over one is not null then x.value end as increase
    from ${series} c cross join lateral (
      (select p.at, p.value from fleetdeck.metric_point p
       where p.series_id = c.id and p.at < ${start} and p.at >= ${earliest} order by p.at desc, p.value desc limit 1)
      union all
      (select p.at, p.value from fleetdeck.metric_point p
       where p.series_id = c.id and p.at >= ${start} and p.at < ${end})
    ) x window one as (partition by c.id order by x.at, x.value)`;
}

const COUNTER_RATE = `with ${GROUPS}, asked as (
    select m.id, m.labels from present m join groups using (labels)
  ), steps as (${counterSteps('asked', '$4::timestamptz', '$5::timestamptz', '$8::timestamptz')}
  ), buckets as (
    select labels, date_bin($6::interval, at, $4::timestamptz) as start, count(*)::integer as received,
      sum(increase) as value,
      (extract(epoch from max(at) - min(before_at)) * 1000)::double precision as covered_ms
    from steps where at >= $4::timestamptz group by 1, 2
  ) ${ANSWER}`;
