import type { NewMessage } from '../topic/topic-log.ts';
import type { SharedTopic } from './shared-log.ts';

/** The most messages, and bytes of payload, that one call of the script takes. */
const MAX_BATCH = 256;
const MAX_BATCH_BYTES = 524_288;

/** What goes to the log of one topic in one step, in this order. */
export interface Batch {
  /** The epoch that begins before the messages; empty when the log goes on. */
  epoch: string;
  messages: OutgoingMessage[];
}

/** A message that Redis has not confirmed. */
export interface OutgoingMessage extends NewMessage {
  readonly sequence: number;
  /** Whether it counts only when the key has no later value: it was published apart from Redis. */
  readonly onlyIfNewer: boolean;
}

/** What was not confirmed when a node went its own way. */
export interface Unconfirmed {
  topic: SharedTopic;
  messages: OutgoingMessage[];
}

/** How much may wait, and what the outbox cannot do by itself. */
export interface OutboxOptions {
  maxMessages: number;
  maxBytes: number;
  newEpoch: () => string;
  /** Hands a batch to Redis; rejects when it may not have arrived. */
  send: (topic: SharedTopic, batch: Batch) => Promise<void>;
  /** A new epoch that was asked for has begun. */
  begun: (topic: SharedTopic) => void;
}

interface Begin {
  epoch: string;
}

interface Lane {
  topic: SharedTopic;
  waiting: (OutgoingMessage | Begin)[];
  /** What of the batch under way is not confirmed. */
  sending: (OutgoingMessage | Begin)[];
  busy: boolean;
}

/**
 * What this node has published and Redis has not confirmed, topic by topic in order. One batch of a topic is under way
 * at a time, so that nothing overtakes, whatever fails; what is published meanwhile goes with the next one.
 */
export class Outbox {
  private lanes = new Map<string, Lane>();
  /** Topics of which something was dropped: what follows must not look like the next message. */
  private readonly torn = new Map<string, SharedTopic>();
  private sequence = 0;
  private isOpen = false;
  private waiters: (() => void)[] = [];
  /** Answers to what was sent before the last {@link hold} no longer count. */
  private era = 0;
  messages = 0;
  bytes = 0;
  dropped = 0;

  constructor(private readonly options: OutboxOptions) {}

  /** Takes a message, unless too many wait: then it is dropped, and the topic gets a new epoch before its next one. */
  push(topic: SharedTopic, message: NewMessage, onlyIfNewer = false): void {
    const bytes = message.json.length;
    const { maxMessages, maxBytes } = this.options;
    if (this.messages >= maxMessages || this.bytes + bytes > maxBytes) {
      this.dropped += 1;
      this.torn.set(topic.name, topic);
      return;
    }
    if (this.torn.delete(topic.name)) this.begin(topic);
    this.sequence += 1;
    const lane = this.lane(topic);
    lane.waiting.push({ ...message, sequence: this.sequence, onlyIfNewer });
    this.messages += 1;
    this.bytes += bytes;
    this.advance(lane);
  }

  /** Begins a new epoch of a topic, after what waits already. */
  begin(topic: SharedTopic): void {
    const lane = this.lane(topic);
    lane.waiting.push({ epoch: this.options.newEpoch() });
    this.advance(lane);
  }

  /** Our own message came back on the channel, so that it and those before it need no confirmation. */
  seen(topic: string, sequence: number): void {
    const lane = this.lanes.get(topic);
    if (!lane) return;
    lane.sending = lane.sending.filter(
      (item) => isBegin(item) || item.sequence > sequence || this.settle(item),
    );
  }

  /** Redis is there: sends what waits. */
  open(): void {
    this.isOpen = true;
    for (const lane of [...this.lanes.values()]) this.advance(lane);
  }

  /** Redis is away: what was under way is sent again when it is back. */
  hold(): void {
    this.isOpen = false;
    this.era += 1;
    for (const lane of this.lanes.values()) {
      lane.waiting = [...lane.sending, ...lane.waiting];
      lane.sending = [];
      lane.busy = false;
    }
  }

  /** Gives everything back. A topic without messages is one whose new epoch had not begun. */
  takeAll(): Unconfirmed[] {
    const taken = new Map<string, Unconfirmed>();
    for (const [name, topic] of this.torn) taken.set(name, { topic, messages: [] });
    for (const [name, { topic, sending, waiting }] of this.lanes) {
      const items = [...sending, ...waiting];
      const messages = items.filter((item) => !isBegin(item)) as OutgoingMessage[];
      if (items.length > 0) taken.set(name, { topic, messages });
    }
    this.torn.clear();
    this.lanes = new Map();
    this.era += 1;
    this.messages = 0;
    this.bytes = 0;
    return [...taken.values()];
  }

  /** Resolves when everything is confirmed. */
  emptied(): Promise<void> {
    if (this.messages === 0) return Promise.resolve();
    return new Promise((resolve) => this.waiters.push(resolve));
  }

  private lane(topic: SharedTopic): Lane {
    let lane = this.lanes.get(topic.name);
    if (!lane) {
      lane = { topic, waiting: [], sending: [], busy: false };
      this.lanes.set(topic.name, lane);
    }
    return lane;
  }

  private advance(lane: Lane): void {
    if (!this.isOpen || lane.busy) return;
    const batch = takeBatch(lane);
    if (!batch) {
      if (this.lanes.get(lane.topic.name) === lane) this.lanes.delete(lane.topic.name);
      return;
    }
    lane.busy = true;
    const { era } = this;
    this.options.send(lane.topic, batch).then(
      () => {
        if (this.era === era) this.confirm(lane, batch);
      },
      // The connection has ended with it: `hold` has put everything back, or is about to.
      () => undefined,
    );
  }

  private confirm(lane: Lane, batch: Batch): void {
    for (const item of lane.sending) if (!isBegin(item)) this.settle(item);
    lane.sending = [];
    lane.busy = false;
    if (batch.epoch !== '') this.options.begun(lane.topic);
    this.advance(lane);
    if (this.torn.size > 0 && this.messages < this.options.maxMessages / 2) {
      const torn = [...this.torn.values()];
      this.torn.clear();
      for (const topic of torn) this.begin(topic);
    }
  }

  private settle(message: OutgoingMessage): false {
    this.messages -= 1;
    this.bytes -= message.json.length;
    if (this.messages === 0) for (const resolve of this.waiters.splice(0)) resolve();
    return false;
  }
}

function takeBatch(lane: Lane): Batch | null {
  const [first] = lane.waiting;
  if (!first) return null;
  let size = isBegin(first) ? 1 : 0;
  let bytes = 0;
  const messages: OutgoingMessage[] = [];
  for (let item = lane.waiting[size]; item && !isBegin(item); item = lane.waiting[size]) {
    if (messages.length >= MAX_BATCH || (bytes > 0 && bytes + item.json.length > MAX_BATCH_BYTES)) break;
    messages.push(item);
    bytes += item.json.length;
    size += 1;
  }
  lane.sending = lane.waiting.slice(0, size);
  lane.waiting = lane.waiting.slice(size);
  return { epoch: isBegin(first) ? first.epoch : '', messages };
}

function isBegin(item: OutgoingMessage | Begin): item is Begin {
  return 'epoch' in item;
}
