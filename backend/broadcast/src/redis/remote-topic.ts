import type { Position } from '@fleetdeck/dto';
import type { NumberedMessage, TopicNews, TopicState } from './redis-messages.ts';
import { SPARE_MS, type KnownPlace, type SharedTopic } from './shared-log.ts';

/** News that are held back while a log is read; with more of them it is read once again instead. */
const MAX_HELD = 1000;

/** What a node keeps of a topic for its own clients. */
export interface Replica {
  readonly position: Position;
  /** Takes the next message and sends it to the subscribers. */
  take(message: NumberedMessage): void;
  /**
   * Goes on with another epoch, or after a part that is lost: the subscribers start over.
   * @param isNews whether the subscribers have seen nothing of the messages in it
   */
  startOver(state: TopicState, isNews: boolean): void;
}

/** What a {@link RemoteTopic} cannot do by itself. */
export interface RemoteTopicEvents {
  /** Monotonic. */
  nowMs(): number;
  subscribe(topic: RemoteTopic): Promise<void>;
  read(topic: SharedTopic, from: KnownPlace, strict: boolean): Promise<TopicState>;
  /** A message came back, by its id. */
  seen(topic: string, id: string): void;
  /** News did not follow what is known, so that the log is read. */
  hole(topic: string): void;
}

/** Keeps one replica up to date with the log in Redis. */
export class RemoteTopic {
  /** Whether the replica follows the log in Redis, and not one of its own. */
  isLoaded = false;
  /** Whether the Redis that it was read from may have been replaced since. */
  mustVerify = false;
  /** Whether all of an epoch that is new here is news to the subscribers. */
  private followed = false;
  private readMs = 0;
  private lastId = '';
  private readThrough = 0;
  private pastEpoch = '';
  private held: TopicNews[] | null = null;
  private overflown = false;
  private running: Promise<void> | null = null;
  private next: Promise<void> | null = null;
  private closed = false;

  constructor(
    readonly topic: SharedTopic,
    private readonly replica: Replica,
    private readonly events: RemoteTopicEvents,
  ) {}

  /** Takes what came on the channel. */
  receive(news: TopicNews): void {
    for (const { id } of news.messages) this.events.seen(this.topic.name, id);
    if (this.held === null) this.apply(news);
    else if (this.held.length < MAX_HELD) this.held.push(news);
    else this.overflown = true;
  }

  /** Reads the log; resolves when a read that began after this call has ended, and rejects when it failed. */
  sync(): Promise<void> {
    if (this.running) {
      this.next ??= this.running
        .catch(() => undefined)
        .then(() => {
          this.next = null;
          return this.running ?? this.run();
        });
      return this.next;
    }
    return this.run();
  }

  /** Whether it should be read again, so that Redis does not forget it. */
  isDue(nowMs: number): boolean {
    return this.isLoaded && nowMs - this.readMs > (this.topic.history.ageMs + SPARE_MS) / 3;
  }

  /** The replica goes its own way: it follows Redis again after the next read. */
  detach(): void {
    this.isLoaded = false;
    this.followed = true;
    this.lastId = '';
  }

  /** Nothing more is wanted of it. */
  close(): void {
    this.closed = true;
  }

  private run(): Promise<void> {
    this.running = this.load().finally(() => {
      this.running = null;
    });
    return this.running;
  }

  private async load(): Promise<void> {
    this.held ??= [];
    try {
      await this.events.subscribe(this);
      do {
        this.overflown = false;
        const from = { ...this.replica.position, id: this.lastId };
        const state = await this.events.read(this.topic, from, this.mustVerify && this.isLoaded);
        if (this.closed) return;
        this.mustVerify = false;
        this.install(state);
      } while (this.overflown);
    } finally {
      const held = this.held;
      this.held = null;
      for (const news of held) if (this.isLoaded) this.apply(news);
    }
  }

  private install(state: TopicState): void {
    const { epoch } = this.replica.position;
    if (state.epoch === epoch && !state.whole) {
      for (const message of state.messages) this.take(message);
    } else {
      if (this.isLoaded && state.epoch !== epoch) this.pastEpoch = epoch;
      this.replica.startOver(state, this.followed);
    }
    this.readMs = this.events.nowMs();
    this.lastId = state.last;
    this.readThrough = state.offset;
    this.isLoaded = true;
    this.followed = true;
  }

  private apply({ epoch, messages }: TopicNews): void {
    // What was read comes on the channel as well, before or after.
    if (this.closed || epoch === this.pastEpoch) return;
    if (epoch !== this.replica.position.epoch) {
      this.reread();
      return;
    }
    for (const message of messages) {
      if (message.offset <= this.readThrough) continue;
      if (message.offset !== this.replica.position.offset + 1) {
        this.events.hole(this.topic.name);
        this.reread();
        return;
      }
      this.take(message);
    }
  }

  private take(message: NumberedMessage): void {
    this.lastId = message.id;
    this.replica.take(message);
  }

  private reread(): void {
    // Its failure ends the connection, and every topic is read when that is back.
    this.sync().catch(() => undefined);
  }
}
