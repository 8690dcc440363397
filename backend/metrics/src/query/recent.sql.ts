/** A series of the answer; the arrays run over its buckets that hold a point. */
export interface RecentRow {
  metric: string;
  labels: Record<string, string>;
  buckets: number[];
  received: number[];
  values: (number | null)[];
  /** Whether a total of a counter began anew in it, so that its value is a lower bound. */
  restarted: boolean[];
  last_value: number;
  last_at_ms: number;
}

/**
 * Mean values of gauges and distributions, slopes of counters, and the newest value of every series of some metrics.
 * `$1` names, `$2` to `$3` the span, `$4` the step, `$5` since when single points are read (before it the roll-ups of
 * minutes, and those alone of metrics that keep no single points), `$6` most series, `$7` since when
 * a series was seen that may have a point in the span.
 *
 * A counter's value is its increase over the time between the points that it was taken from: over the step's width
 * it would swing with each point that falls to one side or the other of a step. Of foreign totals that is the sum of
 * those times, which overlap when several processes see them; own counts of several processes add up over one span.
 */
export const RECENT = `
  with asked as (
    select s.id, s.metric, s.labels, m.kind, m.raw
    from fleetdeck.metric_series s join fleetdeck.metric m on m.name = s.metric where s.metric = any($1::text[])
      and s.last_seen_at >= $7::timestamptz
  ), parts as (
    select a.id, date_bin($4::interval, p.at, $2::timestamptz) as start, count(*) as points, sum(p.value) as sum,
      sum(p.increase) as increase, -sum(p.increase_ms) filter (where p.increase_ms < 0) as told_ms,
      min(p.at - p.increase_ms * interval '1 millisecond') filter (where p.increase_ms >= 0) as own_from,
      max(p.at) filter (where p.increase_ms >= 0) as own_to, sum(p.restarts) as restarts,
      (array_agg(p.value order by p.at desc, p.value desc))[1] as last_value, max(p.at) as last_at
    from asked a join fleetdeck.metric_point p
      on p.series_id = a.id and p.at >= $5::timestamptz and p.at < $3::timestamptz
    where a.raw group by 1, 2
    union all
    select a.id, date_bin($4::interval, greatest(r.at, $2::timestamptz), $2::timestamptz), r.points, r.sum, r.increase,
      case when r.increase_ms < 0 then -r.increase_ms end,
      case when r.increase_ms >= 0 then
        case when r.points = 1 then r.last_at - r.increase_ms * interval '1 millisecond' else r.at end end,
      case when r.increase_ms >= 0 then case when r.points = 1 then r.last_at else r.at + interval '1 minute' end end,
      r.restarts, r.last_value, r.last_at
    from asked a join fleetdeck.metric_rollup_1m r
      on r.series_id = a.id and r.at > $2::timestamptz - interval '1 minute' and r.at < $3::timestamptz
    where case when a.raw then r.at >= $2::timestamptz and r.at < $5::timestamptz else true end
  ), buckets as (
    select p.id, p.start, sum(p.points)::integer as received,
      case when a.kind = 'counter' then sum(p.increase) / nullif(coalesce(sum(p.told_ms) / 1000, 0)
          + coalesce(extract(epoch from max(p.own_to) - min(p.own_from))::double precision, 0), 0)
        else sum(p.sum) / sum(p.points) end as value, coalesce(sum(p.restarts) > 0, false) as restarted
    from parts p join asked a using (id) group by p.id, p.start, a.kind
  ), newest as (
    select id, (array_agg(last_value order by last_at desc, last_value desc))[1] as last_value, max(last_at) as last_at
    from parts group by id
  )
  select a.metric, a.labels, n.last_value, (extract(epoch from n.last_at) * 1000)::double precision as last_at_ms,
    array_agg((extract(epoch from b.start - $2::timestamptz) / extract(epoch from $4::interval))::integer) as buckets,
    array_agg(b.received) as received, array_agg(b.value) as values, array_agg(b.restarted) as restarted
  from asked a join newest n on n.id = a.id join buckets b on b.id = a.id
  group by a.id, a.metric, a.labels, n.last_value, n.last_at order by a.metric, a.labels limit $6`;
