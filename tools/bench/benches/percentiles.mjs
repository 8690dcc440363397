// p50, p95 and p99 over a day of about 9 million raw points: roll-ups beside percentile_cont on raw, both warm.
import { calibrate, doubtsOf, median, noiseOf, ratio, round, Unmeasurable } from '../results.mjs';
import { startMetricsApp, timeOf } from '../metrics-app.mjs';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const DAY = Date.parse('2026-03-03T00:00:00Z');
const PAIRS = 9;
/** The hours after the begin of the day in which a sliding day begins or ends. */
const EDGE_HOURS = [0, 1, 24, 25];
const AGGREGATION = ['p50', 'p95', 'p99'];
const iso = (ms) => new Date(ms).toISOString();

export default async function percentiles({ smoke }) {
  const seriesCount = smoke ? 10 : 150;
  const stepMs = smoke ? 14_500 : 1450;
  const hours = 26;
  const pairs = smoke ? 1 : PAIRS;
  let now = DAY + DAY_MS + 30 * 60_000;
  const clock = { now: () => now, monotonicMs: () => performance.now() };
  const bench = await startMetricsApp({
    clock,
    connections: '-c work_mem=64MB',
    durable: false,
    options: {
      metrics: [{ name: 'took', kind: 'distribution', labels: ['host'] }],
      retentionHours: { raw: 48 },
      maxLateHours: 48,
      maxCachedAnswers: 0,
      maxSeriesPerMetric: 1000,
    },
  });
  try {
    const loaded = await load(bench, { seriesCount, stepMs, hours });
    const { client, aggregator } = bench;
    const [{ id }] = (
      await client.query(`select id from fleetdeck.metric_series where labels ->> 'host' = 'h7'`)
    ).rows;
    const one = { host: 'h7' };
    const raw = (where, from, to) =>
      client.query(
        `select percentile_cont(array[0.5, 0.95, 0.99]) within group (order by value) from raw_point
         where ${where} and at >= $1 and at < $2`,
        [iso(from), iso(to)],
      );
    const rawGrouped = (from, to) =>
      client.query(
        `select series_id, percentile_cont(array[0.5, 0.95, 0.99]) within group (order by value) from raw_point
         where at >= $1 and at < $2 group by series_id`,
        [iso(from), iso(to)],
      );
    const ask = (extra) =>
      aggregator.getMetrics({ metricName: 'took', timeWindow: '1d', aggregation: AGGREGATION, ...extra });
    // Never the same end twice, and none on a minute.
    const slide = () => {
      now += 7919;
      if (now > DAY + DAY_MS + 110 * 60_000) now -= 80 * 60_000;
    };
    const aligned = { from: iso(DAY), to: iso(DAY + DAY_MS) };
    const cases = [
      {
        id: `sliding 24 h, one series`,
        floor: 15,
        runs: 45,
        ours: () => (slide(), ask({ labels: one })),
        peer: () => (slide(), raw(`series_id = ${id}`, now - DAY_MS, now)),
      },
      {
        id: `sliding 24 h, ${seriesCount} series grouped`,
        floor: 30,
        runs: 7,
        peerRuns: 1,
        ours: () => (slide(), ask({ groupBy: ['host'] })),
        peer: () => (slide(), rawGrouped(now - DAY_MS, now)),
      },
      {
        id: `aligned day, one series`,
        floor: 30,
        runs: 45,
        ours: () => ask({ labels: one, ...aligned }),
        peer: () => raw(`series_id = ${id}`, DAY, DAY + DAY_MS),
      },
      {
        id: `aligned day, ${seriesCount} series grouped`,
        floor: 300,
        runs: 45,
        peerRuns: 1,
        ours: () => ask({ groupBy: ['host'], ...aligned }),
        peer: () => rawGrouped(DAY, DAY + DAY_MS),
      },
    ];
    await checkAccuracy(ask, rawGrouped, aligned);
    const results = [];
    const noise = {};
    for (const { id: name, floor, runs, peerRuns = Math.min(runs, 5), ours, peer } of cases) {
      for (let i = 0; i < 3; i += 1) await ours();
      await peer();
      const figures = { ours: [], again: [], peer: [] };
      for (let pair = 0; pair < pairs; pair += 1) {
        const told = { ours: [], again: [], peer: [] };
        const measurePeer = async () => void told.peer.push(await timeOf(peer, peerRuns));
        // Every other pair the other way about, and ours against ours run by run: what changes, changes for all.
        if (pair % 2 === 1) await measurePeer();
        for (let run = 0; run < runs; run += 1) {
          const order = run % 2 === 0 ? ['ours', 'again'] : ['again', 'ours'];
          for (const each of order) told[each].push(await timeOf(ours, 1));
        }
        if (pair % 2 === 0) await measurePeer();
        for (const each of Object.keys(told)) figures[each].push(median(told[each]));
      }
      noise[name] = noiseOf(figures.ours, figures.again);
      results.push(
        ratio({
          id: name,
          ours: figures.ours,
          peer: figures.peer,
          ratios: figures.peer.map((value, pair) => value / figures.ours[pair]),
          peerName: 'percentile_cont on raw',
          unit: 'ms',
          floor,
          better: 'higher',
        }),
      );
    }
    return {
      pairs,
      results,
      notes: { calibrationMs: calibrate(), ...loaded, noise, workMem: '64MB' },
      ...(smoke ? { verdict: false } : doubtsOf(noise)),
    };
  } finally {
    await bench.stop();
  }
}

/** A fast answer that is wrong would be worth nothing. */
async function checkAccuracy(ask, rawGrouped, aligned) {
  const results = await ask({ groupBy: ['host'], ...aligned });
  const { rows } = await rawGrouped(DAY, DAY + DAY_MS);
  const told = results.map(({ points }) => points[0].value).sort((a, b) => a - b);
  const real = rows.flatMap(({ percentile_cont: values }) => values).sort((a, b) => a - b);
  const worst = Math.max(...real.map((value, i) => Math.abs(told[i] / value - 1)));
  if (told.length !== real.length || worst > 0.02) {
    throw new Unmeasurable(`the answers differ from percentile_cont by ${worst}`);
  }
}

/**
 * Raw points for the peer, and for both the roll-ups that our sketches make of them: each hour's minutes, then the hour,
 * then the day. Ours keeps single points only of the hours in which a sliding day begins and ends, where it reads them.
 */
async function load({ dataSource, client, Sketch }, { seriesCount, stepMs, hours }) {
  const began = performance.now();
  const seconds = () => round((performance.now() - began) / 1000);
  await client.query(
    `create unlogged table raw_point
       (series_id integer not null, at timestamptz not null, value double precision not null)`,
  );
  await client.query(
    `insert into fleetdeck.metric_series (metric, labels, labels_hash, last_seen_at)
     select 'took', jsonb_build_object('host', 'h' || n), 'bench-' || n, now() from generate_series(1, $1::integer) n`,
    [seriesCount],
  );
  const starts = Array.from({ length: hours }, (_, hour) => DAY + hour * HOUR_MS);
  for (const tier of ['1m', '1h', '1d']) await makePartitions(dataSource, tier, starts);
  // A connection for each processor.
  await inLanes(starts, (from) => addHour(dataSource, from, stepMs));
  const insertedSeconds = seconds();
  const hourly = new Map();
  await inLanes(starts, async (from) => {
    hourly.set(from, await rollUpHour(dataSource, Sketch, from));
  });
  const days = new Map();
  for (const [from, sketches] of hourly) {
    if (from >= DAY + DAY_MS) continue;
    for (const [id, sketch] of sketches) {
      const whole = days.get(id) ?? new Sketch();
      days.set(id, whole);
      whole.merge(sketch);
    }
  }
  await insert(
    dataSource,
    '1d',
    [...days].map(([id, sketch]) => rowOf(id, DAY, sketch)),
  );
  await client.query(
    `update fleetdeck.metric_tier set rolled_to = case when tier = '1d' then $1 else $2 end::timestamptz`,
    [iso(DAY + DAY_MS), iso(DAY + hours * HOUR_MS)],
  );
  const rolledUpSeconds = seconds();
  await client.query(`set maintenance_work_mem = '512MB'`);
  await client.query('create index on raw_point (series_id, at)');
  await client.query('vacuum analyze');
  return { insertedSeconds, rolledUpSeconds, loadedSeconds: seconds() };
}

async function inLanes(all, work) {
  const left = [...all];
  const lane = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) await work(next);
  };
  await Promise.all([lane(), lane()]);
}

/** Busy hours are fast, quiet ones slow, and now and then there is an incident. */
async function addHour(dataSource, from, stepMs) {
  const hour = (from - DAY) / HOUR_MS;
  await dataSource.query(
    `insert into raw_point select s.id, t, exp(3 + (s.id % 7) * 0.2 + $3 * 0.05 + 0.8 * sqrt(-2 * ln(1 - random())) * cos(6.2831853 * random()))
       * case when random() < 0.01 then 20 else 1 end
     from generate_series($1::timestamptz, $2::timestamptz - interval '1 millisecond', interval '${stepMs} milliseconds') t,
       fleetdeck.metric_series s`,
    [iso(from), iso(from + HOUR_MS), Math.abs(12 - (hour % 24))],
  );
  if (!EDGE_HOURS.includes(hour)) return;
  const name = `fleetdeck.metric_point_p${iso(from).slice(0, 13).replace(/\D/g, '')}`;
  await dataSource.query(`create table if not exists ${name} partition of fleetdeck.metric_point
    for values from ('${iso(from)}') to ('${iso(from + HOUR_MS)}')`);
  await dataSource.query(
    `insert into fleetdeck.metric_point (series_id, at, value)
     select series_id, at, value from raw_point where at >= $1 and at < $2`,
    [iso(from), iso(from + HOUR_MS)],
  );
}

/** Writes the minutes and the hour of each series. Values come as bytes: reading millions of numbers from text takes longest. */
async function rollUpHour(dataSource, Sketch, from) {
  const groups = await dataSource.query(
    `select series_id, (extract(epoch from date_bin('1 minute', at, 'epoch')) * 1000)::double precision as at,
       string_agg(float8send(value), ''::bytea) as values
     from raw_point where at >= $1 and at < $2 group by 1, 2`,
    [iso(from), iso(from + HOUR_MS)],
  );
  const hourly = new Map();
  const sketch = new Sketch();
  const rows = groups.map(({ series_id: id, at, values }) => {
    sketch.clear();
    for (let i = 0; i < values.length; i += 8) sketch.add(values.readDoubleBE(i));
    const whole = hourly.get(id) ?? new Sketch();
    hourly.set(id, whole);
    whole.merge(sketch);
    return rowOf(id, at, sketch);
  });
  await insert(dataSource, '1m', rows);
  await insert(
    dataSource,
    '1h',
    [...hourly].map(([id, whole]) => rowOf(id, from, whole)),
  );
  return hourly;
}

function rowOf(id, at, sketch) {
  const { count, sum, min, max } = sketch;
  return { id, at, count, sum, min, max, bytes: Buffer.from(sketch.encode()) };
}

async function makePartitions(dataSource, tier, times) {
  const width = { '1m': 1, '1h': 15, '1d': 180 }[tier] * DAY_MS;
  for (const start of new Set(times.map((at) => Math.floor(at / width) * width))) {
    const name = `fleetdeck.metric_rollup_${tier}_p${iso(start).slice(0, 10).replace(/\D/g, '')}`;
    await dataSource.query(
      `create table if not exists ${name} partition of fleetdeck.metric_rollup_${tier}
       for values from ('${iso(start)}') to ('${iso(start + width)}')`,
    );
  }
}

async function insert(dataSource, tier, rows) {
  await dataSource.query(
    `insert into fleetdeck.metric_rollup_${tier} (series_id, points, at, sum, min, max, last_value, last_at, sketch)
     select s, p, to_timestamp(a / 1000), u, n, x, x, to_timestamp(a / 1000), k
     from unnest($1::integer[], $2::integer[], $3::double precision[], $4::double precision[],
       $5::double precision[], $6::double precision[], $7::bytea[]) as r (s, p, a, u, n, x, k)`,
    [
      rows.map((row) => row.id),
      rows.map((row) => row.count),
      rows.map((row) => row.at),
      rows.map((row) => row.sum),
      rows.map((row) => row.min),
      rows.map((row) => row.max),
      rows.map((row) => row.bytes),
    ],
  );
}
