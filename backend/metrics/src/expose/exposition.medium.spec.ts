import { spawn, spawnSync } from 'node:child_process';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '@fleetdeck/kernel/testing';
import { startMetrics, type MetricsApp } from '../testing/metrics-app.ts';
import { SERIES_PER_SLICE } from './exposition.ts';

const hasPromtool = spawnSync('promtool', ['--version']).status === 0;

let database: TestDatabase;
let running: MetricsApp | null = null;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  await running?.close();
  running = null;
  await database.dataSource.query('drop schema if exists fleetdeck cascade');
});
afterAll(() => database.drop());

async function start() {
  running = await startMetrics(database, {
    metrics: [
      { name: 'queue_depth', kind: 'gauge', help: 'Messages that wait.', labels: ['queue'] },
      {
        name: 'jobs_total',
        kind: 'counter',
        help: 'Jobs "done".\nAll of them, with \\ in it.',
        labels: ['queue'],
      },
      { name: 'job_seconds', kind: 'distribution', help: 'How long jobs took.', unit: 's' },
      { name: 'never_recorded', kind: 'gauge', help: 'Nothing.' },
    ],
    maxSeriesPerMetric: 20_000,
  });
  const { aggregator } = running;
  aggregator.record('queue_depth', 7, { queue: 'a "b"\\\n' });
  aggregator.increment('jobs_total', 2, { queue: 'a' });
  aggregator.increment('jobs_total', 1, { queue: 'a' });
  aggregator.record('job_seconds', 0.25);
  aggregator.record('job_seconds', 1.5);
  return running;
}

async function scrape(
  accept: string,
  role = 'viewer',
): Promise<{ status: number; type: string; text: string }> {
  const url = await (running as MetricsApp).app.getUrl();
  const answer = await fetch(`${url}/metrics`, { headers: { 'x-role': role, accept } });
  return { status: answer.status, type: answer.headers.get('content-type') ?? '', text: await answer.text() };
}

describe('what scrapers read', () => {
  it('is Prometheus text 0.0.4', async () => {
    await start();
    const { type, text } = await scrape('*/*');
    expect(type).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(text).toBe(
      [
        '# HELP job_seconds How long jobs took.',
        '# TYPE job_seconds summary',
        'job_seconds_sum 1.75',
        'job_seconds_count 2',
        '# HELP jobs_total Jobs "done".\\nAll of them, with \\\\ in it.',
        '# TYPE jobs_total counter',
        'jobs_total{queue="a"} 3',
        '# HELP queue_depth Messages that wait.',
        '# TYPE queue_depth gauge',
        'queue_depth{queue="a \\"b\\"\\\\\\n"} 7',
        '',
      ].join('\n'),
    );
  });

  it('is OpenMetrics for those who accept it', async () => {
    await start();
    const { type, text } = await scrape('application/openmetrics-text; version=1.0.0');
    expect(type).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
    expect(text).toContain('# TYPE jobs counter\njobs_total{queue="a"} 3\n');
    expect(text.endsWith('\n# EOF\n')).toBe(true);
  });

  it('is not for everyone', async () => {
    await start();
    expect((await scrape('*/*', 'nobody')).status).toBe(401);
  });

  it('is made in lots, between which the event loop runs', async () => {
    const { aggregator } = await start();
    for (let i = 0; i < 10_000; i += 1) aggregator.record('queue_depth', i, { queue: `q${i}` });
    let turns = 0;
    let lots = 0;
    const count = () => {
      turns += 1;
      if (turns < 10_000) setImmediate(count);
    };
    setImmediate(count);
    for await (const lot of aggregator.exposition()) {
      lots += 1;
      expect(lot.split('\n').length).toBeLessThanOrEqual(2 * SERIES_PER_SLICE + 8);
    }
    expect(lots).toBeGreaterThanOrEqual(10_000 / SERIES_PER_SLICE);
    expect(turns).toBeGreaterThanOrEqual(lots - 2);
    turns = 10_000;
  });

  it('is what promtool has no complaint about', async () => {
    if (!hasPromtool) {
      process.stderr.write('left out: promtool has not read the exposition, since the machine has none.\n');
      return;
    }
    await start();
    const { text } = await scrape('*/*');
    const child = spawn('promtool', ['check', 'metrics']);
    let said = '';
    child.stdout.on('data', (data) => (said += String(data)));
    child.stderr.on('data', (data) => (said += String(data)));
    child.stdin.end(text);
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect([code, said]).toEqual([0, '']);
  });
});
