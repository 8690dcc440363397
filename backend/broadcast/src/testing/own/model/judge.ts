import type { Position, TopicMessage } from '@fleetdeck/dto';
import type { Seen } from '../../witness.ts';

/** One message by the publisher's own record; the order of the record is the order of publishing. */
export interface Published {
  /** Which life of the node it was sent to. */
  run: number;
  topic: string;
  key: string;
  /** The payload. */
  json: string;
  /** Whether the node said that it had published it. The last of a life that was cut short may lack that. */
  acknowledged: boolean;
}

/** What the judge knows of a topic. */
export interface JudgedTopic {
  name: string;
  mode: 'log' | 'latest';
  keyed: boolean;
  /** Messages of a log that are kept. */
  kept: number;
  /** Bytes that may wait for one client. */
  capBytes: number;
}

/** How often a client went on, started over and was spared values. */
export interface Tally {
  messages: number;
  recovered: number;
  conflated: number;
  resets: Record<string, number>;
}

/** What a frame adds to a payload, at most. */
const FRAME_BYTES = 200;

export function noTally(): Tally {
  return { messages: 0, recovered: 0, conflated: 0, resets: {} };
}

/** Holds what clients saw against what was published: exactly that, with declared starts over and conflation only. */
export class Judge {
  /** What is wrong, a sentence each. */
  readonly faults: string[] = [];
  readonly tally = noTally();
  private readonly lists = new Map<string, Published[]>();
  private readonly bytes = new Map<Published, number>();
  private readonly runs = new Map<string, number>();
  private readonly lastRun: number;

  constructor(record: readonly Published[]) {
    let [run, bytes] = [0, 0];
    for (const entry of record) {
      bytes = (entry.run === run ? bytes : 0) + Buffer.byteLength(entry.json) + FRAME_BYTES;
      run = entry.run;
      this.bytes.set(entry, bytes);
      this.list(run, entry.topic).push(entry);
    }
    this.lastRun = record.at(-1)?.run ?? 0;
  }

  hear(client: string, topic: JudgedTopic, seen: readonly Seen[]): void {
    new Hearing(this, client, topic).all(seen);
  }

  list(run: number, topic: string): Published[] {
    const name = `${run} ${topic}`;
    const list = this.lists.get(name) ?? [];
    this.lists.set(name, list);
    return list;
  }

  /** What was published in its life up to a message, as it travels. */
  bytesThrough(entry: Published): number {
    return this.bytes.get(entry) ?? 0;
  }

  /** Where the publisher's last message of a topic stands. */
  end(topic: string): { run: number; offset: number } {
    return { run: this.lastRun, offset: this.list(this.lastRun, topic).length };
  }

  /** Takes note of the epoch of the last life: a client that slept through it has seen no message that tells. */
  learnLast(topic: string, epoch: string): void {
    this.learn(topic, epoch, this.lastRun);
  }

  /** Which life an epoch belongs to, as far as anything told. */
  runOf(topic: string, epoch: string): number | undefined {
    return this.runs.get(`${topic} ${epoch}`);
  }

  /** Whether an epoch belongs to that life, or nothing told otherwise before. */
  learn(topic: string, epoch: string, run: number): boolean {
    const known = this.runOf(topic, epoch) ?? run;
    this.runs.set(`${topic} ${epoch}`, known);
    return known === run;
  }
}

class Hearing {
  private position: Position | undefined;
  private values = new Map<string, number>();
  private index = 0;
  /** Up to where a replay goes, after which every key must be as it was there. */
  private replayThrough: number | undefined;

  constructor(
    private readonly judge: Judge,
    private readonly client: string,
    private readonly topic: JudgedTopic,
  ) {}

  all(seen: readonly Seen[]): void {
    for (const [index, each] of seen.entries()) {
      this.index = index;
      if (each.kind === 'start') this.start(each);
      else if (each.kind === 'recovered') this.recovered(each.position);
      else this.message(each.message);
    }
    this.end();
  }

  private start({ position, reason, snapshot }: Extract<Seen, { kind: 'start' }>): void {
    const { position: before, topic } = this;
    const { tally } = this.judge;
    if (reason !== undefined) tally.resets[reason] = (tally.resets[reason] ?? 0) + 1;
    const why = unfounded(before, position, reason, topic);
    if (reason === 'slow') this.checkSlow(position);
    if (why) this.fault(`started over at ${show(position)} from ${show(before)}: ${why}`);
    this.position = position;
    this.replayThrough = undefined;
    this.values = new Map();
    if (topic.mode === 'latest') {
      for (const message of snapshot?.messages ?? []) {
        if (this.same(message)) this.values.set(message.key ?? '', message.offset ?? 0);
      }
      this.checkValues(position.offset, 'its snapshot');
    }
    const state = snapshot?.state as { published?: number } | undefined;
    if (state?.published !== undefined && state.published < position.offset) {
      this.fault(`got the state of ${state.published} messages with position ${show(position)}`);
    }
  }

  private recovered(position: Position): void {
    this.judge.tally.recovered += 1;
    this.replayThrough = position.offset;
    const before = this.position;
    if (before?.epoch !== position.epoch || before.offset > position.offset) {
      this.fault(`was told to go on to ${show(position)} from ${show(before)}`);
    }
  }

  private message(message: TopicMessage): void {
    const { position, topic } = this;
    const { epoch, offset, key } = message;
    this.judge.tally.messages += 1;
    if (offset === null || position?.epoch !== epoch) {
      this.fault(`got offset ${offset} of ${epoch} at ${show(position)}`);
      return;
    }
    const due = position.offset + 1;
    if (offset < due) this.fault(`got a duplicate: offset ${offset} where ${due} was due`);
    if (offset > due && topic.mode === 'log') this.fault(`has a gap: offset ${offset} where ${due} was due`);
    if (offset > due) this.judge.tally.conflated += offset - due;
    this.same(message);
    this.values.set(key ?? '', offset);
    this.position = { epoch, offset };
    if (offset !== this.replayThrough) return;
    this.replayThrough = undefined;
    if (topic.mode === 'latest') this.checkValues(offset, 'the end of its replay');
  }

  private end(): void {
    const end = this.judge.end(this.topic.name);
    const { position } = this;
    const run = position && this.judge.runOf(this.topic.name, position.epoch);
    if (position?.offset !== end.offset || run !== end.run) {
      this.fault(`ended at ${show(position)} of life ${run}, not at ${end.offset} of life ${end.run}`);
    } else if (this.topic.mode === 'latest') {
      this.checkValues(end.offset, 'the end');
    }
  }

  /** Whether the message is the one that the publisher wrote at that offset. */
  private same({ epoch, offset, key, data }: TopicMessage): boolean {
    const { name, keyed } = this.topic;
    const run = (data as { run?: number } | null)?.run ?? -1;
    if (!this.judge.learn(name, epoch, run)) this.fault(`got a message of life ${run} under epoch ${epoch}`);
    const entry = this.judge.list(run, name)[(offset ?? 0) - 1];
    const whole = entry?.json === JSON.stringify(data) && key === (keyed ? entry.key : undefined);
    if (!whole) {
      this.fault(
        `got at offset ${offset} ${JSON.stringify(data).slice(0, 80)}, not ${entry?.json.slice(0, 80)}`,
      );
    }
    return whole;
  }

  private checkValues(offset: number, when: string): void {
    const run = this.position && this.judge.runOf(this.topic.name, this.position.epoch);
    if (run === undefined) return;
    const due = new Map<string, number>();
    for (const [i, { key }] of this.judge.list(run, this.topic.name).slice(0, offset).entries()) {
      due.set(this.topic.keyed ? key : '', i + 1);
    }
    for (const [key, at] of due) {
      const own = this.values.get(key);
      if (own !== at) this.fault(`at ${when} holds offset ${own} of key "${key}", whose last is ${at}`);
    }
    if (this.values.size > due.size) this.fault(`at ${when} holds keys that were never published`);
  }

  // Whoever is too slow has been sent more than may wait, of all topics together.
  private checkSlow(position: Position): void {
    const run = this.judge.runOf(this.topic.name, position.epoch);
    const last = run === undefined ? undefined : this.judge.list(run, this.topic.name)[position.offset - 1];
    if (last && this.judge.bytesThrough(last) < this.topic.capBytes) {
      this.fault(`was told at ${show(position)} that it is slow before there was enough to read`);
    }
  }

  private fault(what: string): void {
    this.judge.faults.push(`${this.client}, topic ${this.topic.name}, item ${this.index}: ${what}.`);
  }
}

/** Why a start is not one that the protocol allows; `undefined` when it is. */
function unfounded(
  before: Position | undefined,
  now: Position,
  reason: string | undefined,
  topic: JudgedTopic,
): string | undefined {
  if (!before) return reason === undefined ? undefined : `the reason is ${reason}, but it is the first`;
  switch (reason) {
    case 'epoch':
      return before.epoch === now.epoch ? 'the epoch is the same' : undefined;
    case 'expired':
      if (before.epoch !== now.epoch) return 'the epoch is another';
      return topic.mode === 'log' && now.offset - before.offset > topic.kept
        ? undefined
        : 'nothing had expired';
    case 'slow':
      return before.epoch === now.epoch ? undefined : 'the epoch is another';
    default:
      return `the reason is ${reason}`;
  }
}

function show(position: Position | undefined): string {
  return position ? `${position.epoch.slice(0, 6)}:${position.offset}` : 'nowhere';
}
