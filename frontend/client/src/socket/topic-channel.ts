import {
  comparePosition,
  type BroadcastRefusal,
  type Position,
  type ResetReason,
  type SubscribeReply,
  type TopicMessage,
  type TopicMode,
  type TopicReset,
  type TopicSnapshot,
} from '@fleetdeck/dto';
import { waitMs, type BackoffBounds } from './backoff.ts';
import { isTokenRefusal } from './connection.ts';
import { guarded } from './report-failure.ts';
import type { ClientSocket } from './socket.port.ts';

/** How a subscription stands. */
export interface TopicState {
  /**
   * - `waiting` for the connection or the answer
   * - `live`
   * - `paused`: the page has been hidden for a while; it goes on from its position when the page is shown
   * - `refused` by the service
   */
  readonly status: 'waiting' | 'live' | 'paused' | 'refused';
  /** Why it was refused, with one of `BROADCAST_CODES` by number. */
  readonly error: BroadcastRefusal | null;
}

/** What a subscriber is told. Its errors are reported and do not reach others. */
export interface TopicListener<T = unknown> {
  /** Every message, in order and once. A `latest` topic begins with its current values. */
  onMessage: (message: TopicMessage<T>) => void;
  /** Everything known before is void; what follows is a whole new start. */
  onReset?: (reason: ResetReason) => void;
  /**
   * What the topic starts from, as the snapshot source of its policy gave it; what comes next goes on from it. Told
   * when the topic is subscribed and after a reset, not to who comes later.
   */
  onSnapshot?: (state: unknown) => void;
  /** Now, and whenever it changes. */
  onState?: (state: TopicState) => void;
  /** Keeps the topic subscribed while the page is hidden, for notices to somebody who looks elsewhere. */
  whileHidden?: boolean;
}

/** What a channel is made of. */
export interface TopicChannelOptions {
  backoff: BackoffBounds;
  random: () => number;
  /** The service did not answer. */
  onSilence: () => void;
  /** The service no longer knows the caller. */
  onUnauthenticated: (error: BroadcastRefusal) => void;
  /** Told of everything, after the listeners. */
  observer?: TopicListener;
}

const WAITING: TopicState = { status: 'waiting', error: null };
const LIVE: TopicState = { status: 'live', error: null };
const PAUSED: TopicState = { status: 'paused', error: null };
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
  private paused = false;
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
      guarded(() => own.onState?.(this.state));
      for (const message of [...this.values.values()]) {
        if (this.listeners.has(own)) guarded(() => own.onMessage(message));
      }
    });
    return () => this.listeners.delete(own);
  }

  /** The connection is live. */
  attach(socket: ClientSocket): void {
    if (this.socket === socket) return;
    this.socket = socket;
    this.refusals = 0;
    this.ask();
  }

  /** The connection is gone; the position stays. */
  detach(): void {
    this.socket = null;
    this.stopAsking();
    this.enter(this.paused ? PAUSED : WAITING);
  }

  /** Nobody looks, or somebody does again. It goes on from its position, or says reset. */
  pause(paused: boolean): void {
    const pausing = paused && ![...this.listeners].some(({ whileHidden }) => whileHidden);
    if (pausing === this.paused) return;
    this.paused = pausing;
    this.stopAsking();
    this.enter(pausing ? PAUSED : WAITING);
    if (pausing) this.socket?.unsubscribe(this.topic);
    else this.ask();
  }

  /** Nobody listens any more. */
  dispose(): void {
    this.stopAsking();
    this.listeners.clear();
    if (!this.paused) this.socket?.unsubscribe(this.topic);
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

  /** The service starts the topic over. */
  onReset({ epoch, offset, reason, snapshot }: TopicReset): void {
    if (!this.paused) this.startOver({ epoch, offset }, reason, snapshot);
  }

  /** The service takes the topic away, or does not give it. */
  onRefusal(error: BroadcastRefusal): void {
    this.stopAsking();
    const { ok, code, message, retryAfterMs } = error;
    this.enter({ status: 'refused', error: { ok, code, message, retryAfterMs } });
    if (isTokenRefusal(error.code)) {
      this.options.onUnauthenticated(error);
    } else if (error.retryAfterMs !== null) {
      const { backoff, random } = this.options;
      const wait = waitMs(error.retryAfterMs, this.refusals, backoff, random);
      this.refusals += 1;
      this.retry = setTimeout(() => this.ask(), wait);
    }
  }

  /** Asks the service for the topic, from the position that was applied last. */
  ask(): void {
    if (!this.socket || this.paused) return;
    this.stopAsking();
    this.asking = true;
    const round = this.round;
    this.socket.subscribe({ topic: this.topic, ...this.applied }, (reply) => {
      if (round !== this.round) return;
      this.asking = false;
      if (reply === null) this.options.onSilence();
      else if (reply.ok) this.onReply(reply);
      else this.onRefusal(reply);
    });
  }

  private stopAsking(): void {
    this.round += 1;
    this.asking = false;
    clearTimeout(this.retry);
  }

  private onReply(reply: Extract<SubscribeReply, { ok: true }>): void {
    const { epoch, offset, recovered, reason, snapshot } = reply;
    this.refusals = 0;
    // What was missed follows as messages, which move the position one by one.
    if (!recovered || this.applied?.epoch !== epoch) {
      const known = this.applied && (this.applied.epoch === epoch ? 'expired' : 'epoch');
      this.startOver({ epoch, offset }, reason ?? known, snapshot);
    }
    // Whoever was told may have closed everything.
    if (this.socket) this.enter(LIVE);
  }

  private startOver(
    position: Position,
    reason: ResetReason | undefined,
    snapshot: TopicSnapshot | undefined,
  ): void {
    this.values.clear();
    this.applied = position;
    if (reason) this.forEach((listener) => listener.onReset?.(reason));
    const state = snapshot?.state;
    if (state !== undefined) this.forEach((listener) => listener.onSnapshot?.(state));
    for (const message of snapshot?.messages ?? []) this.hand(message);
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
      if (this.listeners.has(listener)) guarded(() => telling(listener));
    }
    const { observer } = this.options;
    if (observer) guarded(() => telling(observer));
  }
}
