import {
  comparePosition,
  type BroadcastRefusal,
  type Position,
  type ResetReason,
  type Subscribed,
  type TopicMessage,
  type TopicMode,
  type TopicReset,
  type TopicSnapshot,
} from '@fleetdeck/dto';
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
  /** How long to wait before asking again. */
  drawWait: (hintMs: number | null, attempts: number) => number;
  /** How long it is kept after the last listener left. */
  lingerMs: number;
  /** Nobody has listened for that long. */
  onIdle: () => void;
  /** The service did not answer. */
  onSilence: () => void;
  /** The service no longer knows the caller. */
  onUnauthenticated: (error: BroadcastRefusal) => void;
  /** Told of everything, after the listeners. */
  observer?: Partial<TopicListener>;
}

const WAITING: TopicState = { status: 'waiting', error: null };
const LIVE: TopicState = { status: 'live', error: null };
const PAUSED: TopicState = { status: 'paused', error: null };
/** As many values of a `latest` topic are held for subscribers who come later; the one changed longest ago goes first. */
const MAX_VALUES = 10_000;

/** One topic: its position, which outlives connections, and those who listen to it. */
export interface TopicChannel {
  /** The last position that was applied. */
  position(): Position | undefined;
  /** Adds a listener, which is told what is known already. @returns takes it away */
  add(listener: TopicListener): () => void;
  /** The connection is live. */
  attach(socket: ClientSocket): void;
  /** The connection is gone; the position stays. */
  detach(): void;
  /** Nobody looks, or somebody does again. It goes on from its position, or says reset. */
  pause(paused: boolean): void;
  /** Ends it: its listeners are told nothing more. */
  dispose(): void;
  /** A message of this topic came. */
  receive(message: TopicMessage): void;
  /** The service starts the topic over. */
  onReset(reset: TopicReset): void;
  /** The service takes the topic away, or does not give it. */
  onRefusal(error: Omit<BroadcastRefusal, 'ok'>): void;
  /** Asks the service for the topic, from the position that was applied last. */
  ask(): void;
}

/** Makes a {@link TopicChannel} that nobody listens to yet. */
export function createTopicChannel(
  topic: string,
  mode: TopicMode,
  { drawWait, lingerMs, onIdle, onSilence, onUnauthenticated, observer = {} }: TopicChannelOptions,
): TopicChannel {
  const listeners = new Set<Partial<TopicListener>>();
  const values = new Map<string, TopicMessage>();
  let socket: ClientSocket | null = null;
  let applied: Position | undefined;
  let state: TopicState = WAITING;
  /** Tells the answer that is awaited from one that came too late. */
  let round = 0;
  let asking = false;
  let paused = false;
  let refusals = 0;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let linger: ReturnType<typeof setTimeout> | undefined;

  function forEach(telling: (listener: Partial<TopicListener>) => void): void {
    // A copy: who is added meanwhile is told by `add`, who is taken away is told no more.
    for (const listener of [...listeners]) {
      if (listeners.has(listener)) guarded(() => telling(listener));
    }
    guarded(() => telling(observer));
  }

  function deliver(message: TopicMessage): void {
    forEach((listener) => listener.onMessage?.(message));
  }

  function hand(message: TopicMessage): void {
    if (mode === 'latest') {
      const { key = '' } = message;
      values.delete(key);
      values.set(key, message);
      const oldest = values.keys().next();
      if (values.size > MAX_VALUES && !oldest.done) values.delete(oldest.value);
    }
    deliver(message);
  }

  function enter(next: TopicState): void {
    if (next === state) return;
    state = next;
    forEach((listener) => listener.onState?.(next));
  }

  function stopAsking(): void {
    round += 1;
    asking = false;
    clearTimeout(retry);
  }

  function ask(): void {
    if (!socket || paused) return;
    stopAsking();
    asking = true;
    const mine = round;
    socket.subscribe({ topic, ...applied }, (reply) => {
      if (mine !== round) return;
      asking = false;
      if (!reply) onSilence();
      else if (reply.ok) onReply(reply);
      else onRefusal(reply);
    });
  }

  function onReply({ epoch, offset, recovered, reason, snapshot }: Subscribed): void {
    refusals = 0;
    // What was missed follows as messages, which move the position one by one.
    if (!recovered || applied?.epoch !== epoch) {
      const known = applied && (applied.epoch === epoch ? 'expired' : 'epoch');
      startOver({ epoch, offset }, reason ?? known, snapshot);
    }
    // Whoever was told may have closed everything.
    if (socket) enter(LIVE);
  }

  function startOver(
    position: Position,
    reason: ResetReason | undefined,
    snapshot: TopicSnapshot | undefined,
  ): void {
    values.clear();
    applied = position;
    if (reason) forEach((listener) => listener.onReset?.(reason));
    const start = snapshot?.state;
    if (start !== undefined) forEach((listener) => listener.onSnapshot?.(start));
    for (const message of snapshot?.messages ?? []) hand(message);
  }

  function onRefusal({ code, message, retryAfterMs }: Omit<BroadcastRefusal, 'ok'>): void {
    const error: BroadcastRefusal = { ok: false, code, message, retryAfterMs };
    stopAsking();
    enter({ status: 'refused', error });
    if (isTokenRefusal(code)) onUnauthenticated(error);
    else if (retryAfterMs !== null) {
      retry = setTimeout(ask, drawWait(retryAfterMs, refusals));
      refusals += 1;
    }
  }

  return {
    position: () => applied,
    add(listener) {
      const own = { ...listener };
      clearTimeout(linger);
      listeners.add(own);
      // Later, so that the caller holds what this returns before anything is told.
      queueMicrotask(() => {
        if (!listeners.has(own)) return;
        guarded(() => own.onState?.(state));
        for (const message of [...values.values()]) {
          if (listeners.has(own)) guarded(() => own.onMessage(message));
        }
      });
      return () => {
        if (listeners.delete(own) && listeners.size === 0) linger = setTimeout(onIdle, lingerMs);
      };
    },
    attach(next) {
      if (socket === next) return;
      socket = next;
      refusals = 0;
      ask();
    },
    detach() {
      socket = null;
      stopAsking();
      enter(paused ? PAUSED : WAITING);
    },
    pause(wanted) {
      const pausing = wanted && ![...listeners].some(({ whileHidden }) => whileHidden);
      if (pausing === paused) return;
      paused = pausing;
      stopAsking();
      enter(pausing ? PAUSED : WAITING);
      if (pausing) socket?.unsubscribe(topic);
      else ask();
    },
    dispose() {
      stopAsking();
      clearTimeout(linger);
      listeners.clear();
      if (!paused) socket?.unsubscribe(topic);
      socket = null;
    },
    receive(message) {
      const { epoch, offset } = message;
      if (offset === null) return deliver(message);
      // Without a position the answer is still to come, and what came before it belongs to an earlier subscription.
      if (!applied) return;
      const relation = comparePosition(applied, { epoch, offset });
      if (relation === 'duplicate') return;
      if (relation === 'next' || (relation === 'gap' && mode === 'latest')) {
        applied = { epoch, offset };
        hand(message);
      } else if (!asking) ask();
    },
    onReset({ epoch, offset, reason, snapshot }) {
      if (!paused) startOver({ epoch, offset }, reason, snapshot);
    },
    onRefusal,
    ask,
  };
}
