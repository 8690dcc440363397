import {
  comparePosition,
  type BroadcastError,
  type Position,
  type ResetReason,
  type SubscribeReply,
  type TopicMessage,
  type TopicMode,
} from '@fleetdeck/dto';
import { waitMs, type BackoffBounds } from './backoff.ts';
import { reportFailure } from './report-failure.ts';
import type { ClientSocket } from './socket.port.ts';

/** How a subscription stands. */
export interface TopicState {
  /** `waiting` for the connection or the answer, `live`, or `refused` by the service. */
  readonly status: 'waiting' | 'live' | 'refused';
  /** Why it was refused. */
  readonly error: BroadcastError | null;
}

/** What a subscriber is told. Its errors are reported and do not reach others. */
export interface TopicListener<T = unknown> {
  /** Every message, in order and once. A `latest` topic begins with its current values. */
  onMessage: (message: TopicMessage<T>) => void;
  /** Everything known before is void; what follows is a whole new start. */
  onReset?: (reason: ResetReason) => void;
  /** Now, and whenever it changes. */
  onState?: (state: TopicState) => void;
}

/** What a channel is made of. */
export interface TopicChannelOptions {
  backoff: BackoffBounds;
  random: () => number;
  /** The service did not answer. */
  onSilence: () => void;
  /** The service no longer knows the caller. */
  onUnauthenticated: (error: BroadcastError) => void;
}

const WAITING: TopicState = { status: 'waiting', error: null };
const LIVE: TopicState = { status: 'live', error: null };
/** As many values of a `latest` topic are held for subscribers who come later; the one changed longest ago goes first. */
const MAX_VALUES = 10_000;

/** One topic: its position, which outlives connections, and those who listen to it. */
export class TopicChannel {
  private readonly listeners = new Set<TopicListener>();
  private readonly values = new Map<string, TopicMessage>();
  private socket: ClientSocket | null = null;
  private applied: Position | undefined;
  private state: TopicState = WAITING;
  /** Tells the answer that is awaited from one that came too late. */
  private round = 0;
  private asking = false;
  private refusals = 0;
  private retry: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly topic: string,
    private readonly mode: TopicMode,
    private readonly options: TopicChannelOptions,
  ) {}

  /** The last position that was applied. */
  get position(): Position | undefined {
    return this.applied;
  }

  get idle(): boolean {
    return this.listeners.size === 0;
  }

  /** Adds a listener, which is told what is known already. @returns takes it away */
  add(listener: TopicListener): () => void {
    const own = { ...listener };
    this.listeners.add(own);
    // Later, so that the caller holds what this returns before anything is told.
    queueMicrotask(() => {
      if (!this.listeners.has(own)) return;
      tell(() => own.onState?.(this.state));
      for (const message of this.values.values()) {
        if (this.listeners.has(own)) tell(() => own.onMessage(message));
      }
    });
    return () => this.listeners.delete(own);
  }

  /** The connection is live. */
  attach(socket: ClientSocket): void {
    this.socket = socket;
    this.refusals = 0;
    this.ask();
  }

  /** The connection is gone; the position stays. */
  detach(): void {
    this.socket = null;
    this.stopAsking();
    this.enter(WAITING);
  }

  /** Nobody listens any more. */
  dispose(): void {
    this.stopAsking();
    this.listeners.clear();
    this.socket?.unsubscribe(this.topic);
    this.socket = null;
  }

  /** A message of this topic came. */
  receive(message: TopicMessage): void {
    const { epoch, offset } = message;
    if (offset === null) {
      this.deliver(message);
      return;
    }
    // Without a position the answer is still to come, and what came before it belongs to an earlier subscription.
    if (!this.applied) return;
    const relation = comparePosition(this.applied, { epoch, offset });
    if (relation === 'duplicate') return;
    if (relation === 'next' || (relation === 'gap' && this.mode === 'latest')) {
      this.applied = { epoch, offset };
      this.hand(message);
    } else if (!this.asking) this.ask();
  }

  private ask(): void {
    if (!this.socket) return;
    this.stopAsking();
    this.asking = true;
    const round = this.round;
    const request = this.applied ? { topic: this.topic, position: this.applied } : { topic: this.topic };
    this.socket.subscribe(request, (reply) => {
      if (round !== this.round) return;
      this.asking = false;
      if (reply === null) this.options.onSilence();
      else this.onReply(reply);
    });
  }

  private stopAsking(): void {
    this.round += 1;
    this.asking = false;
    clearTimeout(this.retry);
  }

  private onReply(reply: SubscribeReply): void {
    if (!reply.ok) {
      this.onRefusal(reply.error);
      return;
    }
    this.refusals = 0;
    if (!reply.recovered) {
      this.values.clear();
      this.applied = undefined;
      const { reset } = reply;
      if (reset) this.forEach((listener) => listener.onReset?.(reset));
    }
    const known = this.applied?.offset ?? 0;
    this.applied = reply.position;
    for (const message of reply.messages) {
      if (message.offset !== null && message.offset > known) this.hand(message);
    }
    // Whoever was told may have closed everything.
    if (this.socket) this.enter(LIVE);
  }

  private onRefusal(error: BroadcastError): void {
    this.enter({ status: 'refused', error });
    if (error.code === 'UNAUTHENTICATED' || error.code === 'SESSION_EXPIRED') {
      this.options.onUnauthenticated(error);
    } else if (error.retryable) {
      const { backoff, random } = this.options;
      const wait = waitMs(error.retryAfterMs, this.refusals, backoff, random);
      this.refusals += 1;
      this.retry = setTimeout(() => this.ask(), wait);
    }
  }

  private hand(message: TopicMessage): void {
    if (this.mode === 'latest') this.remember(message);
    this.deliver(message);
  }

  private remember(message: TopicMessage): void {
    const key = message.key ?? '';
    this.values.delete(key);
    this.values.set(key, message);
    if (this.values.size <= MAX_VALUES) return;
    for (const oldest of this.values.keys()) {
      this.values.delete(oldest);
      return;
    }
  }

  private deliver(message: TopicMessage): void {
    this.forEach((listener) => listener.onMessage(message));
  }

  private enter(state: TopicState): void {
    if (state === this.state) return;
    this.state = state;
    this.forEach((listener) => listener.onState?.(state));
  }

  private forEach(telling: (listener: TopicListener) => void): void {
    // A copy: who is added meanwhile is told by `add`, who is taken away is told no more.
    for (const listener of [...this.listeners]) {
      if (this.listeners.has(listener)) tell(() => telling(listener));
    }
  }
}

function tell(telling: () => void): void {
  try {
    telling();
  } catch (error) {
    reportFailure(error);
  }
}
