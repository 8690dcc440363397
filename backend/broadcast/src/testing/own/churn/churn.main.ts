// npm run soak -- churn [--minutes N] [--clients N]: clients that come and go. Exit code 1 when the server's memory grew
// by 10 % or more after the first minute.
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Witness } from '../../witness.ts';
import { endChild, heard, startChild } from '../child.ts';
import type { Held } from './server.main.ts';

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, clients: { type: 'string', default: '500' } },
});
const minutes = Number(values.minutes);
const clients = Number(values.clients);
if (!(minutes >= 2) || !(clients >= 1)) {
  process.stderr.write('Give --minutes from 2 up and --clients from 1 up.\n');
  process.exit(2);
}

const SAMPLE_MS = 10_000;
const SETTLING_MS = 60_000;
/** Samples that are put together: one is noise. */
const SAMPLES = 3;
const MOST_GROWTH = 0.1;
const ANSWER_MS = 60_000;
const MB = 1_048_576;

const server = startChild(new URL('server.main.ts', import.meta.url), [], ['--expose-gc']);
const { url } = await heard(server, 'the start of the server', ANSWER_MS, (message) =>
  (message as { url?: string }).url ? (message as { url: string }) : undefined,
);

const endsAt = performance.now() + minutes * 60_000;
let visits = 0;

/** One place that clients come to and go from, well-behaved or not. */
async function place(n: number): Promise<void> {
  while (performance.now() < endsAt) {
    visits += 1;
    const subject = `${n % 2 === 0 ? 'same' : `visit${visits}`}-${n}`;
    const operation = `operations.${visits % 2000}`;
    const witness = new Witness({ url, token: () => subject, topics: ['system', 'queues', operation] });
    // What it saw is of no use here, and would be the memory of this process.
    const forget = setInterval(() => witness.seen.forEach((list) => (list.length = 0)), 1000);
    while (witness.positions.size < witness.seen.size && performance.now() < endsAt) await pause(100);
    await pause(500 + Math.random() * 9500);
    clearInterval(forget);
    if (visits % 3 === 0) witness.socket.io.engine.close();
    witness.stop();
  }
}

function ask(): Promise<Held> {
  const answer = heard(
    server,
    'the memory of the server',
    ANSWER_MS,
    (message) => (message as { held?: Held }).held,
  );
  server.send('held');
  return answer;
}

async function sample(): Promise<Held[]> {
  const samples: Held[] = [];
  const began = performance.now();
  for (let at = SAMPLE_MS; at <= minutes * 60_000; at += SAMPLE_MS) {
    await pause(Math.max(0, began + at - performance.now()));
    const held = await ask();
    const seconds = Math.round(at / 1000);
    process.stdout.write(
      `${seconds} s: rss ${mb(held.rss)}, heap ${mb(held.heapUsed)}, ${held.clients} clients, ${visits} visits, ` +
        `${held.published} times published\n`,
    );
    if (at >= SETTLING_MS) samples.push(held);
  }
  return samples;
}

const mb = (bytes: number): string => `${(bytes / MB).toFixed(1)} MB`;

function growth(samples: Held[], of: 'rss' | 'heapUsed'): number {
  const median = (some: Held[]): number => {
    const sorted = some.map((held) => held[of]).sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)] ?? 0;
  };
  const [first, last] = [median(samples.slice(0, SAMPLES)), median(samples.slice(-SAMPLES))];
  process.stdout.write(`${of}: ${mb(first)} after the first minute, ${mb(last)} at the end\n`);
  return last / first - 1;
}

process.stdout.write(`churn: ${clients} clients for ${minutes} minutes\n`);
const places = Array.from({ length: clients }, async (_, n) => {
  await pause((n / clients) * 5000);
  await place(n);
});
try {
  const samples = await sample();
  await Promise.all(places);
  const present = samples.reduce((sum, held) => sum + held.clients, 0) / samples.length;
  process.stdout.write(`${visits} visits, ${Math.round(present)} clients at a time\n`);
  const grown = [growth(samples, 'rss'), growth(samples, 'heapUsed')];
  const told = grown.map((each) => `${(each * 100).toFixed(1)} %`).join(' and ');
  process.stdout.write(`growth of rss and heap: ${told}; allowed is less than ${MOST_GROWTH * 100} %\n`);
  process.exitCode = grown.every((each) => each < MOST_GROWTH) ? 0 : 1;
  if (present < clients / 2) {
    process.stdout.write(
      'Too few clients were connected for that to say anything: this machine is too busy.\n',
    );
    process.exitCode = 2;
  }
} finally {
  await endChild(server);
}
