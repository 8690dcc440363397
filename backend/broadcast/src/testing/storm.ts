import type { Position } from '@fleetdeck/dto';
import type { Witness, WitnessOptions } from './witness.ts';

/** A storm: clients that drop and come back at once. */
export interface Storm {
  /** How many clients. */
  clients: number;
  /** A `log` topic that nobody else publishes to meanwhile. */
  topic: string;
  /** Who they are: a token that the gateway knows. @default 'viewer' */
  token?: string;
  /** The payload of message `n`, from 0. @default { n } */
  data?: (n: number) => unknown;
  /** Messages before they drop, while they are away, and once they are back. @default 20 each */
  messages?: number;
  /** How long all of it may take, in milliseconds. @default 30000 */
  deadlineMs?: number;
}

/** What came of a storm. */
export interface StormReport {
  clients: number;
  /** Messages that each of them got. */
  messages: number;
  gaps: 0;
  duplicates: 0;
  /** From the drop until all had everything, in milliseconds. */
  recoveredMs: number;
}

interface StormParts {
  witness: (options: Omit<WitnessOptions, 'url' | 'path'>) => Promise<Witness>;
  publish: (topic: string, data: unknown) => Position | null;
  kill: (clientId: string) => void;
}

export async function storm(plan: Storm, parts: StormParts): Promise<StormReport> {
  const { clients, topic, token = 'viewer', messages = 20, deadlineMs = 30_000 } = plan;
  const data = plan.data ?? ((n: number) => ({ n }));
  const published: string[] = [];
  const endsAt = performance.now() + deadlineMs;
  let heard: () => void = () => undefined;
  const until = async (what: string, reached: () => boolean): Promise<void> => {
    while (!reached()) {
      const leftMs = endsAt - performance.now();
      if (leftMs <= 0) throw new Error(`The storm did not end within ${deadlineMs} ms: ${what}.`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(leftMs, 1000));
        heard = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  };
  const publish = (): void => {
    for (let n = 0; n < messages; n += 1) {
      const payload = data(published.length);
      published.push(JSON.stringify(payload));
      parts.publish(topic, payload);
    }
  };
  const all = await Promise.all(
    Array.from({ length: clients }, () =>
      parts.witness({ token: () => token, topics: [topic], onSeen: () => heard() }),
    ),
  );
  const seenBy = (witness: Witness) => witness.seen.get(topic) ?? [];
  const haveAll = (): boolean =>
    all.every(
      (witness) => seenBy(witness).filter(({ kind }) => kind === 'message').length >= published.length,
    );
  try {
    await until('not all clients could start', () => all.every((witness) => seenBy(witness).length > 0));
    publish();
    await until('not all clients got what was published before they dropped', haveAll);
    const droppedAt = performance.now();
    for (const { clientId } of all) parts.kill(clientId);
    publish();
    await until('not all clients came back and got what they missed', haveAll);
    const recoveredMs = Math.round(performance.now() - droppedAt);
    publish();
    await until('not all clients got what was published afterwards', haveAll);
    for (const [i, witness] of all.entries()) check(i, seenBy(witness), published);
    return { clients, messages: published.length, gaps: 0, duplicates: 0, recoveredMs };
  } finally {
    for (const witness of all) witness.stop();
  }
}

function check(client: number, seen: ReturnType<Witness['seen']['get']> & object, published: string[]): void {
  const starts = seen.filter(({ kind }) => kind === 'start');
  if (starts.length !== 1) throw new Error(`Client ${client} started ${starts.length} times, not once.`);
  const first = seen.findIndex(({ kind }) => kind === 'start');
  let next = (seen[first]?.kind === 'start' && seen[first].position.offset) || 0;
  let n = 0;
  for (const each of seen) {
    if (each.kind !== 'message') continue;
    const { offset, data } = each.message;
    next += 1;
    if (offset !== next) {
      const what = (offset ?? 0) < next ? 'a duplicate' : 'a gap';
      throw new Error(`Client ${client} saw ${what}: offset ${offset} where ${next} was due.`);
    }
    if (JSON.stringify(data) !== published[n]) {
      throw new Error(`Client ${client} got another payload at offset ${offset} than was published.`);
    }
    n += 1;
  }
}
