// A gateway under attack in a process of its own, which says how it feels.
import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { defineTopics, topic } from '@fleetdeck/dto';
import { startFakeGateway } from '../../fake-gateway.ts';

/** How the server feels. */
export interface Condition {
  /** Bytes, after garbage collection. */
  heapUsed: number;
  clients: number;
  /** Lines written at the levels that are on by default. */
  logLines: number;
  /** What nobody caught. */
  uncaught: string[];
}

/** What the attacker must never see. */
const SECRET = 'SECRET';
const PUBLISH_EVERY_MS = 5;

const topics = defineTopics({
  system: topic<{ n: number }>({ mode: 'log' }),
  audit: topic<{ n: number; text: string }>({ mode: 'log' }),
});
const kept = { count: 10_000, bytes: 1_048_576 };
const uncaught: string[] = [];
process.on('uncaughtException', (error) => uncaught.push(String(error.stack)));
process.on('unhandledRejection', (reason) => uncaught.push(`rejection: ${String(reason)}`));

const gateway = await startFakeGateway({
  topics,
  policies: {
    system: { leastRole: 'viewer', history: kept },
    audit: { leastRole: 'operator', history: kept },
  },
  principals: { attacker: { role: 'viewer' }, innocent: { role: 'operator' } },
  realTime: true,
  fanout: process.argv[2] === 'stock' ? 'stock' : 'direct',
  maxUnauthenticatedPerAddress: 1000,
});
let logLines = 0;
const count = (): void => void (logLines += 1);
Logger.overrideLogger({ log: count, warn: count, error: count, fatal: count, debug: () => undefined });

let n = 0;
const timer = setInterval(() => {
  n += 1;
  gateway.broadcaster.broadcast('system', { n });
  gateway.broadcaster.broadcast('audit', { n, text: SECRET });
  gateway.broadcaster.sendToPrincipal('innocent', 'audit', { n, text: SECRET });
}, PUBLISH_EVERY_MS);

async function condition(): Promise<Condition> {
  for (let turn = 0; turn < 3; turn += 1) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { heapUsed } = process.memoryUsage();
  return { heapUsed, clients: gateway.clientIds.length, logLines, uncaught };
}

process.on('message', (message) => {
  if (message === 'condition') void condition().then((it) => process.send?.({ condition: it }));
  if (message === 'pause') {
    clearInterval(timer);
    process.send?.({ published: n });
  }
});
process.on('disconnect', () => process.exit(0));
process.send?.({ url: gateway.url });
