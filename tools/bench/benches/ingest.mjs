// From record() to commit, single points and roll-ups of minutes included: beside batches of 1,000 that `pg` writes with unnest
// into a bare table, and beside TypeORM's insert of 1,000.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../../run.mjs';
import { calibrate, doubtsOf, noiseOf, ratio } from '../results.mjs';
import { startMetricsApp } from '../metrics-app.mjs';
import { shuffled } from '../paired.mjs';

const SERIES = 1000;
/** A minute of a point a second. */
const POINTS = 60 * SERIES;
const TYPEORM_POINTS = 10_000;
/** As many pairs as fit the time, which has to be enough for the fewest. */
const PAIRS = { fewest: 15, most: 60 };
const MEASURE_MS = 120_000;
const START = Date.parse('2026-03-03T12:00:00Z');

export default async function ingest({ smoke }) {
  let now = START;
  const clock = { now: () => now, monotonicMs: () => performance.now() };
  const bench = await startMetricsApp({
    clock,
    options: {
      metrics: [{ name: 'took', kind: 'distribution', labels: ['host'] }],
      maxBufferedPoints: 2 * POINTS,
      flushIntervalMs: 10,
    },
  });
  const peers = await startPeers(bench);
  try {
    const labels = Array.from({ length: SERIES }, (_, i) => ({ host: `h${i}` }));
    const values = Float64Array.from({ length: POINTS }, () => Math.exp(3 + Math.random() * 2));
    const { aggregator, client } = bench;
    /** One minute's points of every series; then the next minute begins, and this one is rolled up. */
    const ours = async () => {
      for (let i = 0; i < POINTS; i += 1) {
        aggregator.record('took', values[i], labels[i % SERIES], now + Math.floor((i / POINTS) * 59_000));
      }
      while (aggregator.stats().bufferedPoints > 0) await setTimeout(1);
      now += 60_000;
      // Two seconds after its end a minute is rolled up.
      const next = now;
      now += 3000;
      while (!(await isRolledUpTo(client, next))) await setTimeout(1);
      now = next;
    };
    const unnest = async () => {
      for (let from = 0; from < POINTS; from += 1000) await peers.unnest(values, from, now);
    };
    const typeorm = async () => {
      for (let from = 0; from < TYPEORM_POINTS; from += 1000) await peers.typeorm(values, from, now);
    };
    const figures = { ours: [], again: [], unnest: [], typeorm: [] };
    const perSecond = async (work, points) => {
      const began = performance.now();
      await work();
      return points / ((performance.now() - began) / 1000);
    };
    const ends = performance.now() + MEASURE_MS;
    const goesOn = (pair) =>
      smoke ? pair < 1 : pair < PAIRS.most && (pair < PAIRS.fewest || performance.now() < ends);
    for (let pair = smoke ? 0 : -1; goesOn(pair); pair += 1) {
      const measured = {};
      for (const name of shuffled(Object.keys(figures))) {
        const points = name === 'typeorm' ? TYPEORM_POINTS : POINTS;
        measured[name] = await perSecond({ ours, again: ours, unnest, typeorm }[name], points);
      }
      if (pair < 0) continue;
      for (const [name, value] of Object.entries(measured)) figures[name].push(value);
    }
    const noise = { ingest: noiseOf(figures.ours, figures.again) };
    const against = (peer, peerName, floor) =>
      ratio({
        id: `record to commit, against ${peerName}`,
        ours: figures.ours,
        peer: figures[peer],
        peerName,
        unit: 'points/s',
        floor,
        better: 'higher',
      });
    return {
      pairs: figures.ours.length,
      results: [
        against('unnest', 'pg unnest of 1,000', 0.8),
        against('typeorm', 'TypeORM insert of 1,000', 3),
      ],
      notes: { calibrationMs: calibrate(), noise },
      ...(smoke ? { verdict: false } : doubtsOf(noise)),
    };
  } finally {
    await peers.stop();
    await bench.stop();
  }
}

async function isRolledUpTo(client, time) {
  const { rows } = await client.query(
    'select min(rolled_to) >= $1 as done from fleetdeck.metric_writer where not ended',
    [new Date(time)],
  );
  return rows[0].done;
}

/** Tables of their own with the same columns and the same index. */
async function startPeers({ client, dataSource }) {
  const require = createRequire(join(ROOT, 'backend/service/package.json'));
  const { DataSource, EntitySchema } = await import(pathToFileURL(require.resolve('typeorm')).href);
  for (const table of ['unnest_point', 'typeorm_point']) {
    await client.query(
      `create table ${table} (series_id integer not null, at timestamptz not null, value double precision not null)`,
    );
    await client.query(`create index on ${table} (series_id, at)`);
  }
  const columns = {
    seriesId: { type: 'integer', name: 'series_id', primary: true },
    at: { type: 'timestamptz', primary: true },
    value: { type: 'double precision' },
  };
  const schema = new EntitySchema({ name: 'Point', tableName: 'typeorm_point', columns });
  const orm = new DataSource({ type: 'postgres', url: dataSource.options.url, entities: [schema] });
  await orm.initialize();
  const repository = orm.getRepository(schema);
  const rows = (values, from, now) =>
    Array.from({ length: 1000 }, (_, i) => ({
      seriesId: (from + i) % SERIES,
      at: new Date(now + from + i),
      value: values[from + i],
    }));
  return {
    unnest: (values, from, now) => {
      const points = rows(values, from, now);
      return client.query(
        'insert into unnest_point select * from unnest($1::integer[], $2::timestamptz[], $3::double precision[])',
        [points.map((p) => p.seriesId), points.map((p) => p.at), points.map((p) => p.value)],
      );
    },
    typeorm: (values, from, now) => repository.insert(rows(values, from, now)),
    stop: () => orm.destroy(),
  };
}
