// From record() to commit, single points and roll-ups of minutes included: beside batches of 1,000 that `pg` writes with unnest
// into a bare table, and beside TypeORM's insert of 1,000.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../../run.mjs';
import { calibrate, ratio } from '../results.mjs';
import { requireQuiet, startMetricsApp } from '../metrics-app.mjs';

const SERIES = 1000;
const POINTS = 60_000;
const TYPEORM_POINTS = 10_000;
const PAIRS = 9;
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
      const before = await rolledUp(client);
      for (let i = 0; i < POINTS; i += 1) {
        aggregator.record('took', values[i], labels[i % SERIES], now + Math.floor((i / POINTS) * 59_000));
      }
      while (aggregator.stats().bufferedPoints > 0) await setTimeout(1);
      now += 63_000;
      now -= (now - START) % 60_000;
      now += 3000;
      while ((await rolledUp(client)) < before + SERIES) await setTimeout(2);
      now -= 3000;
    };
    const unnest = async () => {
      for (let from = 0; from < POINTS; from += 1000) await peers.unnest(values, from, now);
    };
    const typeorm = async () => {
      for (let from = 0; from < TYPEORM_POINTS; from += 1000) await peers.typeorm(values, from, now);
    };
    const pairs = smoke ? 1 : PAIRS;
    const figures = { ours: [], again: [], unnest: [], typeorm: [] };
    const perSecond = async (work, points) => {
      const began = performance.now();
      await work();
      return points / ((performance.now() - began) / 1000);
    };
    for (let pair = smoke ? 0 : -1; pair < pairs; pair += 1) {
      // Every other round the other way about: none always follows the same one.
      const order = ['ours', 'unnest', 'again', 'typeorm'];
      if (pair % 2 !== 0) order.reverse();
      const measured = {};
      for (const name of order) {
        const points = name === 'typeorm' ? TYPEORM_POINTS : POINTS;
        measured[name] = await perSecond({ ours, again: ours, unnest, typeorm }[name], points);
      }
      if (pair < 0) continue;
      for (const [name, value] of Object.entries(measured)) figures[name].push(value);
    }
    const noise = smoke ? null : requireQuiet('ingest', figures.ours, figures.again);
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
      pairs,
      verdict: !smoke,
      results: [
        against('unnest', 'pg unnest of 1,000', 0.8),
        against('typeorm', 'TypeORM insert of 1,000', 3),
      ],
      notes: { calibrationMs: calibrate(), noise },
    };
  } finally {
    await peers.stop();
    await bench.stop();
  }
}

async function rolledUp(client) {
  const { rows } = await client.query('select count(*)::integer as n from fleetdeck.metric_rollup_1m');
  return rows[0].n;
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
