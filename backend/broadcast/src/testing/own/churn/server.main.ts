// A gateway whose clients come and go, in a process of its own, which says how much memory it holds.
import 'reflect-metadata';
import { defineTopics, topic } from '@fleetdeck/dto';
import { startFakeGateway } from '../../fake-gateway.ts';

/** What the server holds, in bytes, after garbage collection. */
export interface Held {
  rss: number;
  heapUsed: number;
  clients: number;
  published: number;
}

/** The topics that clients choose from; each name is used for a while and then no more. */
const PUBLISH_EVERY_MS = 20;
const OPERATIONS_AT_ONCE = 20;

const gateway = await startFakeGateway({
  topics: defineTopics({
    system: topic<{ n: number; text: string }>({ mode: 'log' }),
    queues: topic<{ name: string; n: number }>({ mode: 'latest', key: 'name' }),
    'operations.*': topic<{ n: number }>({ mode: 'log' }),
  }),
  // Short-lived, so that a run of minutes shows whether what is idle is forgotten.
  policies: {
    system: { leastRole: 'viewer', history: { count: 500 } },
    queues: { leastRole: 'viewer', coalesceMs: 10 },
    'operations.*': { leastRole: 'viewer', history: { ageMs: 10_000 } },
  },
  principals: (token) => ({ subject: token, role: 'viewer' }),
  realTime: true,
  // All come from one machine.
  maxUnauthenticatedPerAddress: 10_000,
});

let n = 0;
setInterval(() => {
  n += 1;
  gateway.broadcaster.broadcast('system', { n, text: 'x'.repeat(n % 400) });
  gateway.broadcaster.broadcast('queues', { name: `q${n % 50}`, n });
  gateway.broadcaster.broadcast(
    `operations.${Math.floor(n / 100) * OPERATIONS_AT_ONCE + (n % OPERATIONS_AT_ONCE)}`,
    { n },
  );
}, PUBLISH_EVERY_MS);

async function held(): Promise<Held> {
  for (let turn = 0; turn < 3; turn += 1) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { rss, heapUsed } = process.memoryUsage();
  return { rss, heapUsed, clients: gateway.clientIds.length, published: n };
}

process.on('message', (message) => {
  if (message === 'held') void held().then((it) => process.send?.({ held: it }));
});
process.on('disconnect', () => process.exit(0));
process.send?.({ url: gateway.url });
