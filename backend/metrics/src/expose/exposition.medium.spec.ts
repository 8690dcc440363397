import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { findPrometheus } from '../../../../tools/requirements.mjs';
import { useMetricsSuite } from '../testing/metrics-suite.ts';
import { SERIES_PER_SLICE } from './exposition.ts';

const prometheus = findPrometheus();
const PROMETHEUS_DEADLINE_MS = 30_000;

const suite = useMetricsSuite();

async function start() {
  const running = await suite.start({
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
  const url = await suite.running[0]?.app.getUrl();
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

  it('has no point of the past as the value of now', async () => {
    const { aggregator, clock } = await start();
    const at = (ms: number) => new Date(clock.now() + ms).toISOString();
    await aggregator.addPoints([
      { name: 'queue_depth', labels: { queue: 'old' }, value: 1, at: at(-25 * 3_600_000) },
      { name: 'queue_depth', labels: { queue: 'recent' }, value: 2, at: at(-60_000) },
    ]);
    const { text } = await scrape('*/*');
    expect(text).toContain('queue_depth{queue="recent"} 2\n');
    expect(text).not.toContain('"old"');
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
});

/** A Prometheus of the test's own, which scrapes one address each second; its own address. */
async function scrapeWithPrometheus(
  binary: string,
  target: string,
  dir: string,
): Promise<[ChildProcess, string]> {
  const config = {
    global: { scrape_interval: '1s', scrape_timeout: '1s' },
    scrape_configs: [
      {
        job_name: 'fleetdeck',
        metrics_path: '/metrics',
        authorization: { credentials: 'viewer' },
        static_configs: [{ targets: [target] }],
      },
    ],
  };
  // JSON is YAML too.
  writeFileSync(join(dir, 'prometheus.yml'), JSON.stringify(config));
  const child = spawn(
    binary,
    [
      `--config.file=${join(dir, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(dir, 'data')}`,
      '--web.listen-address=127.0.0.1:0',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  const address = await new Promise<string>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`Prometheus is not up: ${said}`)),
      PROMETHEUS_DEADLINE_MS,
    );
    child.once('exit', () => reject(new Error(`Prometheus ended: ${said}`)));
    child.stderr.on('data', (data) => {
      said = `${said}${String(data)}`.slice(-20_000);
      const listening = /Listening on"? address=(127\.0\.0\.1:\d+)/.exec(said)?.[1];
      if (listening === undefined) return;
      clearTimeout(timer);
      resolve(listening);
    });
  });
  return [child, `http://${address}`];
}

// Where there is none, the closing summary of all tests says so, and FLEETDECK_REQUIRE=prometheus makes it a failure.
if (prometheus !== null) {
  describe('a real Prometheus', () => {
    it('scrapes it with a bearer and has its values', async () => {
      const { app } = await start();
      const dir = mkdtempSync(join(tmpdir(), 'fleetdeck-prometheus-'));
      let child: ChildProcess | null = null;
      try {
        const [started, url] = await scrapeWithPrometheus(prometheus, new URL(await app.getUrl()).host, dir);
        child = started;
        const read = async <T>(path: string): Promise<T> =>
          ((await (await fetch(`${url}/api/v1/${path}`)).json()) as { data: T }).data;
        const valueOf = async (query: string): Promise<string | undefined> => {
          const { result } = await read<{ result: { value: [number, string] }[] }>(
            `query?query=${encodeURIComponent(query)}`,
          );
          return result[0]?.value[1];
        };
        const deadline = performance.now() + PROMETHEUS_DEADLINE_MS;
        const isReady = async (): Promise<boolean> => (await fetch(`${url}/-/ready`)).ok;
        while (!((await isReady()) && (await valueOf('up')) === '1') && performance.now() < deadline) {
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
        const { activeTargets } = await read<{ activeTargets: { health: string; lastError: string }[] }>(
          'targets',
        );
        expect(activeTargets).toMatchObject([{ health: 'up', lastError: '' }]);
        expect(await valueOf('jobs_total{queue="a"}')).toBe('3');
        expect(await valueOf('job_seconds_sum / job_seconds_count')).toBe('0.875');
        expect(await valueOf('queue_depth{queue="a \\"b\\"\\\\\\n"}')).toBe('7');
      } finally {
        if (child) {
          const ended = new Promise((resolve) => child?.once('exit', resolve));
          child.kill('SIGKILL');
          await ended;
        }
        rmSync(dir, { recursive: true, force: true });
      }
    }, 90_000);

    it('has a promtool that has no complaint about it', async () => {
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
}
