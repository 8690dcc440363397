import { counterSteps } from './metric-query.sql.ts';

/** A series of the answer; the arrays run over its buckets that hold a point. */
export interface RecentRow {
  metric: string;
  labels: Record<string, string>;
  buckets: number[];
  received: number[];
  values: (number | null)[];
  last_value: number;
  last_at_ms: number;
}

/**
 * Mean values of gauges and distributions, slopes of counters, and the newest value of every series of some metrics.
 * `$1` names, `$2` to `$3` the span, `$4` the step, `$5` how far back a counter's first value is looked for,
 * `$6` most series.
 *
 * A counter's value is its increase over the time between the points that it was taken from: over the step's width
 * it would swing with each point that falls to one side or the other of a step.
 */
export const RECENT = `
  with series as (
    select s.id, s.metric, s.labels, m.kind, newest.value as last_value, newest.at as last_at
    from fleetdeck.metric_series s join fleetdeck.metric m on m.name = s.metric cross join lateral (
      select p.value, p.at from fleetdeck.metric_point p
      where p.series_id = s.id and p.at >= $2::timestamptz and p.at < $3::timestamptz
      order by p.at desc, p.value desc limit 1
    ) newest
    where s.metric = any($1::text[])
    order by s.metric, s.labels limit $6
  ), counters as (
    select id from series where kind = 'counter'
  ), steps as (${counterSteps('counters', '$2::timestamptz', '$3::timestamptz', '$5::timestamptz')}
  ), buckets as (
    select s.id, date_bin($4::interval, p.at, $2::timestamptz) as start, count(*)::integer as received,
      avg(p.value) as value
    from series s join fleetdeck.metric_point p
      on p.series_id = s.id and p.at >= $2::timestamptz and p.at < $3::timestamptz
    where s.kind <> 'counter' group by 1, 2
    union all
    select id, date_bin($4::interval, at, $2::timestamptz), count(*)::integer,
      sum(increase) / nullif(sum(extract(epoch from at - before_at)::double precision) filter (where increase is not null), 0)
    from steps where at >= $2::timestamptz group by 1, 2
  )
  select s.metric, s.labels, s.last_value, (extract(epoch from s.last_at) * 1000)::double precision as last_at_ms,
    array_agg((extract(epoch from b.start - $2::timestamptz) / extract(epoch from $4::interval))::integer) as buckets,
    array_agg(b.received) as received, array_agg(b.value) as values
  from series s join buckets b on b.id = s.id
  group by s.id, s.metric, s.labels, s.last_value, s.last_at order by s.metric, s.labels`;
