import type { ConnectionSnapshot, TopicListener, TopicState } from '@fleetdeck/client';
import type { BroadcastRefusal, Position, TopicMessage } from '@fleetdeck/dto';
import type { HttpReader, LiveSocket } from '../hooks/services.ts';

/** A socket that says what a test tells it to. */
export class FakeSocket implements LiveSocket {
  readonly #listeners = new Set<() => void>();
  readonly #topics = new Map<string, Set<TopicListener>>();
  #offset = 0;
  #snapshot: ConnectionSnapshot = {
    state: 'live',
    since: 1000,
    nextAttemptAt: null,
    reason: null,
    code: null,
    lastMessageAt: null,
    clockOffsetMs: 0,
    clientId: 'fake',
  };

  getSnapshot = (): ConnectionSnapshot => this.#snapshot;

  subscribeState = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  subscribe(topic: string, listener: TopicListener): () => void {
    const held = this.#topics.get(topic) ?? new Set();
    this.#topics.set(topic, held);
    held.add(listener);
    queueMicrotask(() => {
      if (held.has(listener)) listener.onState?.({ status: 'live', error: null });
    });
    return () => held.delete(listener);
  }

  /** Topics that somebody listens to. */
  get topics(): string[] {
    return [...this.#topics].flatMap(([topic, held]) => (held.size > 0 ? [topic] : []));
  }

  /** How many listen to the connection's state. */
  get watchers(): number {
    return this.#listeners.size;
  }

  become(change: Partial<ConnectionSnapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...change };
    for (const listener of [...this.#listeners]) listener();
  }

  say(topic: string, data: unknown, over: Partial<TopicMessage> = {}): void {
    this.#offset += 1;
    const message: TopicMessage = {
      topic,
      epoch: 'e1',
      offset: this.#offset,
      at: new Date(this.#offset).toISOString(),
      data,
      ...over,
    };
    for (const listener of this.#listenersOf(topic)) listener.onMessage(message);
  }

  startOver(topic: string): void {
    for (const listener of this.#listenersOf(topic)) listener.onReset?.('expired');
  }

  /** Gives a topic what it starts from. */
  start(topic: string, snapshot: unknown): void {
    for (const listener of this.#listenersOf(topic)) listener.onSnapshot?.(snapshot);
  }

  /** Says how the subscription of a topic stands. */
  stand(topic: string, status: TopicState['status'], error: BroadcastRefusal | null = null): void {
    for (const listener of this.#listenersOf(topic)) listener.onState?.({ status, error });
  }

  position(topic: string): Position | undefined {
    return this.#listenersOf(topic).length > 0 ? { epoch: 'e1', offset: this.#offset } : undefined;
  }

  /** How often it was told to try at once. */
  retries = 0;
  retryNow(): void {
    this.retries += 1;
  }

  #listenersOf(topic: string): TopicListener[] {
    return [...(this.#topics.get(topic) ?? [])];
  }
}

interface Asked {
  path: string;
  query: unknown;
  signal: AbortSignal | undefined;
  answer: (body: unknown) => void;
  fail: (error: unknown) => void;
}

/** An HTTP client whose answers a test gives by hand. */
export class FakeHttp implements HttpReader {
  /** Every request so far, in order. */
  readonly asked: Asked[] = [];

  get: HttpReader['get'] = <T>(path: string, options: Parameters<HttpReader['get']>[1] = {}) =>
    new Promise<T>((resolve, reject) => {
      this.asked.push({
        path,
        query: options.query,
        signal: options.signal,
        answer: (body) => resolve(body as T),
        fail: reject,
      });
    });

  /** The newest request. */
  get last(): Asked {
    const last = this.asked.at(-1);
    if (!last) throw new Error('nothing was asked');
    return last;
  }
}

/** Waits until the next painted frame is over. */
export const nextFrame = (): Promise<void> =>
  new Promise((resolve) => {
    requestAnimationFrame(() => resolve());
  });
