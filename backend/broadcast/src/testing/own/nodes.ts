import type { BroadcastOptions } from '../../broadcast.options.ts';
import { BroadcastHealth } from '../../broadcast.health.ts';
import { SocketHub } from '../../gateway/socket-hub.ts';
import { SharedTopics } from '../../redis/shared-topics.ts';
import { connect, startPortal, type Portal, type TestClient } from './portal.ts';

/** How long something may take to come about; only ends a test that waits for what never happens. */
const PATIENCE_MS = 20_000;

/** One node of a portal, with what a test looks at. */
export interface Node extends Portal {
  shared: SharedTopics;
  hub: SocketHub;
  health: BroadcastHealth;
}

/** Nodes and clients of one test, ended together. */
export class TestNodes {
  private readonly nodes: Node[] = [];
  private readonly clients: TestClient[] = [];

  /** Starts a node on a Redis, with quick deadlines. */
  async start(url: string, options: BroadcastOptions = {}): Promise<Node> {
    const portal = await startPortal({
      drainWindowMs: 1,
      ...options,
      redis: { graceMs: 200, commandTimeoutMs: 500, ...options.redis, url },
    });
    const node = {
      ...portal,
      shared: portal.app.get(SharedTopics, { strict: false }),
      hub: portal.app.get(SocketHub, { strict: false }),
      health: portal.app.get(BroadcastHealth, { strict: false }),
    };
    this.nodes.push(node);
    return node;
  }

  async client(node: Node, token = 'viewer'): Promise<TestClient> {
    const client = await connect(node.url, token);
    this.clients.push(client);
    return client;
  }

  async end(): Promise<void> {
    for (const client of this.clients.splice(0)) client.socket.disconnect();
    await Promise.all(this.nodes.splice(0).map(({ app }) => app.close()));
  }
}

/** Resolves when `holds` does. */
export async function eventually(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const until = performance.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (performance.now() > until) throw new Error(`never came about: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Resolves when nodes stand to the others like that. */
export async function become(state: SharedTopics['state'], ...nodes: Node[]): Promise<void> {
  await eventually(state, () => nodes.every(({ shared }) => shared.state === state));
}

export const notice = (n: number) => ({ level: 'info' as const, text: String(n) });
export const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** The numbers of the notices that a client got. */
export const numbers = (client: TestClient): number[] =>
  client.messages.map(({ data }) => Number((data as { text: string }).text));
