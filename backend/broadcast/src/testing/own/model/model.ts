import { setTimeout as pause } from 'node:timers/promises';
import fc from 'fast-check';
import { messageOf } from '@fleetdeck/kernel';
import { Witness } from '../../witness.ts';
import { endChild, heard, startChild } from '../child.ts';
import { openControl, send, type Command } from './control.ts';
import { Judge, noTally, type JudgedTopic, type Published, type Tally } from './judge.ts';
import { CAP_BYTES, KEPT, MODEL_TOPICS, modelTopics } from './model-topics.ts';
import type { NodeSettings } from './node.main.ts';
import type { Order, Request } from './publisher.main.ts';
import { scenarios, tell, type Fault, type Ingredient, type NodeFault, type Scenario } from './scenario.ts';
import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';

/** How a scenario is played. */
export interface Play {
  fanout: 'direct' | 'stock';
  /** How many messages are published in all. */
  events: number;
  /** How many clients watch. */
  clients: number;
}

const DEADLINE_MS = 60_000;
/** How long a duplicate may take to show up once all is over, in milliseconds. */
const AFTERMATH_MS = 60;

const JUDGED: JudgedTopic[] = MODEL_TOPICS.map((name) => {
  const { mode, key } = modelTopics[name] as { mode: 'log' | 'latest'; key?: string };
  return { name, mode, keyed: key !== undefined, kept: KEPT, capBytes: CAP_BYTES };
});

/**
 * Plays a scenario: a node and a publisher in processes of their own, clients in this one.
 * @throws Error with what is wrong, a line each
 */
export async function play(scenario: Scenario, settings: Play): Promise<Tally> {
  const stage = await Stage.open(settings);
  try {
    const weights = scenario.reduce((sum, { weight }) => sum + weight, 0);
    let published = 0;
    for (const [i, step] of scenario.entries()) {
      const last = i === scenario.length - 1;
      const share = last
        ? settings.events - published - MODEL_TOPICS.length
        : Math.floor((step.weight / weights) * settings.events);
      published += share;
      const orders = Array.from({ length: Math.max(0, share) }, (_, n) => orderOf(step.mix, n));
      const done = stage.publish(orders);
      await pause(step.delayMs);
      await stage.suffer(step.fault);
      await done;
    }
    return await stage.close();
  } finally {
    await stage.end();
  }
}

/** How many scenarios are tried, and which. */
export interface Search extends Play {
  seed: number;
  scenarios: number;
  /** Plays this one alone, by the path that a failure named. */
  only?: string;
  /** Hears of each scenario that went well. */
  onPlayed?: (tally: Tally) => void;
}

/**
 * Plays scenarios that follow from a seed.
 * @throws Error with what is wrong, and how to see it again
 */
export async function search({
  seed,
  scenarios: numRuns,
  only,
  onPlayed,
  ...settings
}: Search): Promise<Tally> {
  const sum = noTally();
  const property = fc.asyncProperty(scenarios, async (scenario) => {
    const tally = await play(scenario, settings);
    sum.messages += tally.messages;
    sum.recovered += tally.recovered;
    sum.conflated += tally.conflated;
    for (const [reason, count] of Object.entries(tally.resets)) {
      sum.resets[reason] = (sum.resets[reason] ?? 0) + count;
    }
    onPlayed?.(tally);
  });
  // Processes and sockets race: a scenario that fails is played again as it is, which shrinking would not be.
  const { failed, counterexamplePath, counterexample, errorInstance } = await fc.check(property, {
    seed,
    numRuns: only === undefined ? numRuns : 1,
    ...(only === undefined ? {} : { path: only }),
    endOnFailure: true,
  });
  if (!failed) return sum;
  const again = `npm run soak -- realtime --seed ${seed} --fanout ${settings.fanout} --scenario ${counterexamplePath}`;
  const told = counterexample ? tell(counterexample[0]) : '';
  throw new Error(`${messageOf(errorInstance)}\n\nScenario:\n${told}\n\nTo play it again: ${again}`);
}

function orderOf(mix: Ingredient[], n: number): Order {
  const { topic, key, text } = mix[n % mix.length] ?? { topic: 'log.plain', key: 'a', text: '' };
  return { topic, key, text: typeof text === 'number' ? 'x'.repeat(text) : text };
}

class Stage {
  private readonly watched: { witness: Witness; token: number; subject: string }[] = [];
  private node: ChildProcess | undefined;
  private publisher: ChildProcess | undefined;
  private control: Socket | undefined;
  private run = 0;
  private url = '';
  private ports = { port: 0, controlPort: 0 };
  private batches = 0;

  private constructor(private readonly settings: Play) {}

  static async open(settings: Play): Promise<Stage> {
    const stage = new Stage(settings);
    try {
      await stage.startNode();
      stage.publisher = startChild(new URL('publisher.main.ts', import.meta.url));
      stage.order({ controlPort: stage.ports.controlPort });
      for (let n = 0; n < settings.clients; n += 1) stage.join(n);
      await stage.until('all clients have started', () =>
        stage.watched.every(({ witness }) =>
          [...witness.seen.keys()].every((name) => witness.positions.has(name)),
        ),
      );
      return stage;
    } catch (error) {
      await stage.end();
      throw error;
    }
  }

  publish(orders: Order[]): Promise<unknown> {
    this.batches += 1;
    const batch = this.batches;
    const done = heard(this.child(this.publisher), `the end of batch ${batch}`, DEADLINE_MS, (message) =>
      (message as { batch?: number }).batch === batch ? batch : undefined,
    );
    this.order({ batch, orders });
    return done;
  }

  async suffer(fault: Fault): Promise<void> {
    if (isOfNode(fault)) {
      if (fault.kind === 'none') return;
      await this.endNode(fault.kind);
      await this.startNode();
      return;
    }
    const watched = this.watched[fault.client % this.watched.length];
    if (!watched) return;
    const { witness, subject } = watched;
    switch (fault.kind) {
      case 'drop':
        return this.tell({ do: 'kill', target: witness.clientId });
      case 'freeze':
        return this.tell({ do: 'freeze', target: witness.clientId });
      case 'pause':
        witness.network?.pause();
        return;
      case 'thaw':
        witness.network?.resume();
        return this.tell({ do: 'thaw', target: witness.clientId });
      case 'expire':
        watched.token += 1;
        return this.tell({ do: 'expire', subject });
      case 'revoke':
        return this.tell({ do: 'revoke', subject, topic: fault.topic });
    }
  }

  /** Lets everyone catch up, and judges. */
  async close(): Promise<Tally> {
    for (const { witness } of this.watched) witness.network?.resume();
    this.tell({ do: 'thaw', target: 'all' });
    await this.publish(MODEL_TOPICS.map((topic) => ({ topic, key: 'last', text: 'the end' })));
    const got = heard(
      this.child(this.publisher),
      'the record',
      DEADLINE_MS,
      (message) => (message as { record?: Published[] }).record,
    );
    this.order('record');
    const record = await got;
    const judge = new Judge(record);
    for (const { name } of JUDGED) judge.learnLast(name, await this.epochOf(name));
    await this.until('all clients have caught up', () => this.haveAll(judge)).catch(() => undefined);
    await pause(AFTERMATH_MS);
    for (const { witness, subject } of this.watched) {
      for (const topic of JUDGED) {
        const seen = witness.seen.get(topic.name);
        if (seen) judge.hear(subject, topic, seen);
      }
    }
    if (judge.faults.length > 0) {
      throw new Error(`${judge.faults.length} faults:\n${judge.faults.slice(0, 20).join('\n')}`);
    }
    return judge.tally;
  }

  /** By HTTP, which takes another way through the gateway than what the clients see. */
  private async epochOf(topic: string): Promise<string> {
    const answer = await fetch(`${this.url}/api/v1/topics/${topic}`, {
      headers: { authorization: 'Bearer reader.0' },
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    const { epoch } = (await answer.json()) as { epoch?: string };
    if (epoch === undefined) throw new Error(`${topic} was refused with ${answer.status}.`);
    return epoch;
  }

  async end(): Promise<void> {
    for (const { witness } of this.watched) witness.stop();
    this.control?.destroy();
    for (const child of [this.publisher, this.node]) if (child) await endChild(child);
  }

  private join(n: number): void {
    const subject = `w${n}`;
    // A topic that cuts slow clients leaves the other policies no time.
    const topics = MODEL_TOPICS.filter((name) => name !== 'log.cut' || n % 3 === 0);
    const watched = { subject, token: 0 };
    const token = (): string =>
      `${subject}.${this.watched.find((own) => own.subject === subject)?.token ?? 0}`;
    const witness = new Witness({ url: this.url, token, topics });
    this.watched.push({ ...watched, witness });
  }

  private async startNode(): Promise<void> {
    this.run += 1;
    const settings: NodeSettings = { run: this.run, fanout: this.settings.fanout, ...this.ports };
    this.node = startChild(new URL('node.main.ts', import.meta.url), [JSON.stringify(settings)]);
    const { url, controlPort } = await heard(this.node, 'the start of the node', DEADLINE_MS, (message) =>
      (message as { url?: string }).url ? (message as { url: string; controlPort: number }) : undefined,
    );
    this.url = url;
    this.ports = { port: Number(new URL(url).port), controlPort };
    this.control = openControl(controlPort, { answer: () => undefined, ended: () => undefined });
  }

  private async endNode(how: 'restart' | 'kill-node'): Promise<void> {
    const node = this.child(this.node);
    if (how === 'restart') {
      const ended = new Promise<void>((resolve) => node.once('exit', () => resolve()));
      node.send('stop');
      this.control?.destroy();
      const inTime = await Promise.race([ended.then(() => true), pause(5000, false, { ref: false })]);
      if (inTime) return;
    }
    await endChild(node);
  }

  private tell(command: Command): void {
    if (this.control) send(this.control, command);
  }

  private order(request: Request): void {
    this.child(this.publisher).send(request);
  }

  private child(child: ChildProcess | undefined): ChildProcess {
    if (!child) throw new Error('The process was not started.');
    return child;
  }

  // Only for how long to wait: whether they have all that they should is the judge's to say.
  private haveAll(judge: Judge): boolean {
    const epochs = new Map<string, string>();
    return this.watched.every(({ witness }) =>
      [...witness.seen.keys()].every((name) => {
        const position = witness.positions.get(name);
        const epoch = epochs.get(name) ?? position?.epoch ?? '';
        epochs.set(name, epoch);
        return position?.epoch === epoch && position.offset === judge.end(name).offset;
      }),
    );
  }

  private async until(what: string, reached: () => boolean): Promise<void> {
    const endsAt = performance.now() + DEADLINE_MS;
    while (!reached()) {
      if (performance.now() > endsAt) throw new Error(`Within ${DEADLINE_MS} ms not: ${what}.`);
      await pause(10);
    }
  }
}

function isOfNode(fault: Fault): fault is NodeFault {
  return fault.kind === 'none' || fault.kind === 'restart' || fault.kind === 'kill-node';
}
