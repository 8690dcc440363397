// What a publish costs through Redis and in memory, on this machine, with a redis-server of its own:
// `node --import ../../tools/ts-loader.mjs src/testing/redis-cost.ts`.
import 'reflect-metadata';
import { SharedTopics } from '../../redis/shared-topics.ts';
import { connect, startPortal, type Portal } from './portal.ts';
import { notice } from './nodes.ts';
import { RedisServer } from './redis-server.ts';

const ROUNDS = 9;
const PUBLISHES = 20_000;
const TOGETHER = 100;
const MOST_WAITING = 5000;
const LATENCIES = 500;
const PAD = 'x'.repeat(120);

const breath = () => new Promise<void>((resolve) => setImmediate(resolve));
const at = (sorted: number[], part: number): number => sorted[Math.floor(sorted.length * part)] ?? Number.NaN;
const ascending = (values: number[]): number[] => values.sort((a, b) => a - b);

async function publishes(name: string, { app, broadcaster }: Portal, shared: SharedTopics | null) {
  const rates: number[] = [];
  const cpu: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const [began, used] = [performance.now(), process.cpuUsage()];
    for (let n = 0; n < PUBLISHES; n += TOGETHER) {
      for (let i = 0; i < TOGETHER; i += 1) {
        broadcaster.broadcast('system', { level: 'info', text: PAD + String(n + i) });
      }
      await breath();
      while (shared && shared.unconfirmed > MOST_WAITING) await breath();
    }
    while (shared && shared.unconfirmed > 0) await breath();
    const { user, system } = process.cpuUsage(used);
    rates.push((PUBLISHES * 1000) / (performance.now() - began));
    cpu.push((user + system) / PUBLISHES);
  }
  const [rate, each] = [at(ascending(rates), 0.5), at(ascending(cpu), 0.5)];
  process.stdout.write(`${name}: ${Math.round(rate)} publishes/s, ${each.toFixed(1)} us of CPU each\n`);
  await app.close();
}

async function latency(name: string, from: Portal, to: Portal): Promise<void> {
  const client = await connect(to.url);
  await client.accepted({ topic: 'system' });
  const times: number[] = [];
  for (let n = 1; n <= LATENCIES; n += 1) {
    const began = performance.now();
    from.broadcaster.broadcast('system', notice(n));
    while (client.messages.length < n) await breath();
    times.push(performance.now() - began);
  }
  client.socket.disconnect();
  ascending(times);
  process.stdout.write(
    `${name}: p50 ${at(times, 0.5).toFixed(2)} ms, p99 ${at(times, 0.99).toFixed(2)} ms\n`,
  );
}

const redis = await RedisServer.start();
const node = (prefix: string) => startPortal({ drainWindowMs: 1, redis: { url: redis.url, prefix } });
await publishes('in memory', await startPortal({ drainWindowMs: 1 }), null);
const shared = await node('cost:');
await publishes('through Redis', shared, shared.app.get(SharedTopics, { strict: false }));
const portals = [await startPortal({ drainWindowMs: 1 }), await node('late:'), await node('late:')] as const;
await latency('in memory, to a client', portals[0], portals[0]);
await latency('through Redis, to a client here', portals[1], portals[1]);
await latency('through Redis, to a client of another node', portals[1], portals[2]);
await Promise.all(portals.map(({ app }) => app.close()));
await redis.stop();
