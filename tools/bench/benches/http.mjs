// The list and query endpoints at a tenfold spike: nothing worse than 503 with Retry-After, and back to normal after it.
import autocannon from 'autocannon';
import { buildApp } from '../../build-app.mjs';
import { startBuiltService } from '../../service.mjs';
import { calibrate, limit, round, Unmeasurable } from '../results.mjs';

const TOKEN = 'bench-developer-token-000001';
const NORMAL_CONNECTIONS = 30;
const SPIKE = 10;
const ROUNDS = 3;
const ENDPOINTS = {
  names: '/api/v1/metrics/names',
  query: '/api/v1/metrics/query?metricName=fleetdeck_process_cpu_percent&timeWindow=5m&aggregation=p95',
  range: () => {
    const to = Math.floor(Date.now() / 60_000) * 60_000;
    const iso = (ms) => new Date(ms).toISOString();
    return `/api/v1/metrics/query?metricName=fleetdeck_process_cpu_percent&timeWindow=1m&aggregation=avg&from=${iso(to - 3_600_000)}&to=${iso(to)}`;
  },
};

export default async function http({ smoke }) {
  if (!(await buildApp())) throw new Unmeasurable('the service does not build');
  const service = await startBuiltService({ env: { FLEETDECK_DEV_TOKEN: TOKEN } });
  const seconds = smoke ? 1 : 3;
  const rounds = smoke ? 1 : ROUNDS;
  try {
    const results = [];
    const notes = { calibrationMs: calibrate() };
    for (const [name, path] of Object.entries(ENDPOINTS)) {
      const url = service.url + (typeof path === 'function' ? path() : path);
      await load(url, NORMAL_CONNECTIONS, 1);
      const measured = [];
      for (let round = 0; round < rounds; round += 1) {
        const before = await load(url, NORMAL_CONNECTIONS, seconds);
        const spike = await load(url, NORMAL_CONNECTIONS * SPIKE, seconds);
        const after = await load(url, NORMAL_CONNECTIONS, seconds);
        measured.push({ before, spike, after });
      }
      // One wrong answer in any round is one too many, so answers are added up; times are compared round by round.
      const count = (id, valueOf) =>
        limit({
          id: `${name}: ${id}`,
          values: [measured.reduce((sum, round) => sum + valueOf(round), 0)],
          unit: 'answers',
          floor: 0,
        });
      results.push(
        count('neither 200 nor 503 with Retry-After, at the spike', ({ spike }) => spike.bad),
        count('other than 200, before the spike', ({ before }) => before.bad + before.refused),
        count('other than 200, after the spike', ({ after }) => after.bad + after.refused),
        limit({
          id: `${name}: median time after the spike, of that before`,
          values: measured.map(({ before, after }) => after.p50 / before.p50),
          unit: 'times',
          floor: 1.5,
        }),
      );
      notes[name] = measured.at(-1);
    }
    return { pairs: rounds, results, notes };
  } finally {
    await service.stop();
  }
}

/** Drives an address for a while and sorts the answers. */
async function load(url, connections, duration) {
  const sorted = { ok: 0, refused: 0, bad: 0 };
  const count = ({ statusCode, headers }) => {
    if (statusCode === 200) sorted.ok += 1;
    else if (statusCode === 503 && headers.some((word) => word.toLowerCase() === 'retry-after'))
      sorted.refused += 1;
    else sorted.bad += 1;
  };
  const result = await autocannon({
    url,
    connections,
    duration,
    headers: { authorization: `Bearer ${TOKEN}` },
    timeout: 10,
    setupClient: (client) => client.on('headers', count),
  });
  sorted.bad += result.errors + result.timeouts;
  return {
    ...sorted,
    perSecond: round(result.requests.average),
    p50: result.latency.p50,
    p99: result.latency.p99,
  };
}
