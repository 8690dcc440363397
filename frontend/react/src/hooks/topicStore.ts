import type { TopicState } from '@fleetdeck/client';
import type { BroadcastRefusal, ConnectionState, TopicMessage } from '@fleetdeck/dto';
import { asError } from './asError.ts';
import { createFrame } from './frame.ts';
import type { LiveSocket } from './services.ts';
import type { TopicModel } from './topicModel.ts';

/** The service does not give a topic, or took it away. */
export class TopicRefusedError extends Error {
  override readonly name = 'TopicRefusedError';
  /** One of `BROADCAST_CODES` of `@fleetdeck/dto`, by number. */
  declare readonly code: number;
  /** It is asked for again after this; `null`: not as you are. */
  declare readonly retryAfterMs: number | null;

  constructor({ message, code, retryAfterMs }: Pick<BroadcastRefusal, 'message' | 'code' | 'retryAfterMs'>) {
    super(message);
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}

/** What a topic says and how fresh it is; a new object when something of it changed. */
export interface TopicView<S> {
  readonly state: S;
  readonly status: TopicState['status'] | 'ended';
  readonly error: Error | null;
  readonly isStale: boolean;
  readonly lastMessageAt: number | null;
}

/** Holds what a topic says, and tells its listeners at most once a frame. */
export interface TopicStore<S> {
  getSnapshot: () => TopicView<S>;
  subscribe: (listener: () => void) => () => void;
  /** Ends it with an error of the code that it works for. */
  end: (cause: unknown) => void;
}

/** What {@link createTopicStore} takes. */
export interface TopicStoreOptions<T, S> {
  socket: LiveSocket;
  topic: string;
  model: TopicModel<T, S>;
  /** How often a message is due; left out where silence means nothing. */
  expectedEveryMs?: number | undefined;
}

/** So many intervals without a message, and at least this long, make a topic with a beat stale. */
const MISSED = { intervals: 3, leastMs: 5_000 };
/** While the connection or the topic is in one of these, what is known may no longer be so. */
const UNTRUSTED: ReadonlySet<string> = new Set([
  'recovering',
  'offline',
  'denied',
  'refused',
  'paused',
  'ended',
] satisfies (ConnectionState | TopicView<unknown>['status'])[]);
/** `lastMessageAt` changes no more often than this. */
const STEP_MS = 1_000;

/**
 * Follows a topic while somebody listens. Each message is applied as it comes, so none is lost and none is queued
 * however many fall into one frame; only the listeners wait for the frame. An error of the model ends this store and
 * no other.
 */
export function createTopicStore<T, S>(options: TopicStoreOptions<T, S>): TopicStore<S> {
  const { socket, topic, model, expectedEveryMs = Infinity } = options;
  const listeners = new Set<() => void>();
  const limitMs = Math.max(MISSED.leastMs, MISSED.intervals * expectedEveryMs);
  let status: TopicView<S>['status'] = 'waiting';
  let error: Error | null = null;
  let messageAt: number | null = null;
  /** The last message, or the moment from which one was to be expected. */
  let beatAt = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let leave: (() => void) | null = null;
  /** Nobody listened for a while, so messages may have been missed. */
  let gone = false;
  let view = build(null);

  function isStale(): boolean {
    if (UNTRUSTED.has(socket.getSnapshot().state) || UNTRUSTED.has(status)) return true;
    return leftMs() <= 0;
  }
  /** Until a message is overdue. */
  function leftMs(): number {
    return status === 'live' ? beatAt + limitMs - Date.now() : Infinity;
  }
  function build(last: TopicView<S> | null): TopicView<S> {
    const shown = last?.lastMessageAt ?? null;
    const at = messageAt === null ? null : messageAt + socket.getSnapshot().clockOffsetMs;
    const moved = at === null || shown === null || Math.abs(at - shown) >= STEP_MS;
    // A model that failed is asked for nothing more.
    const state = last !== null && status === 'ended' ? last.state : model.read();
    return { state, status, error, isStale: isStale(), lastMessageAt: moved ? at : shown };
  }
  const commit = (): void => {
    const next = build(view);
    if ((Object.keys(next) as (keyof TopicView<S>)[]).every((field) => next[field] === view[field])) return;
    view = next;
    for (const listener of [...listeners]) listener();
  };
  const frame = createFrame(commit);

  /** One timer that looks again, instead of one for each message. */
  const watch = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const left = leftMs();
    if (left <= 0) frame.request();
    else if (leave !== null && left < Infinity) timer = setTimeout(watch, left);
  };
  const end = (cause: unknown): void => {
    if (status === 'ended') return;
    status = 'ended';
    error = asError(cause);
    stop();
    frame.request();
  };
  const guarded = (work: () => void): void => {
    if (status === 'ended') return;
    try {
      work();
    } catch (cause) {
      end(cause);
    }
    frame.request();
  };
  const onState = (next: TopicState): void => {
    if (status === 'ended') return;
    status = next.status;
    error = next.error && new TopicRefusedError(next.error);
    if (status === 'live') beatAt = Date.now();
    watch();
    frame.request();
  };
  const onMessage = (message: TopicMessage): void => {
    messageAt = beatAt = Date.now();
    if (timer === undefined) watch();
    // The manager is trusted to tell what the topic's definition says.
    guarded(() => model.apply(message as TopicMessage<T>));
  };

  const start = (): void => {
    if (gone) model.reset();
    gone = false;
    if (status === 'ended') return;
    const stops = [
      socket.subscribe(topic, {
        onMessage,
        onState,
        onReset: () => guarded(model.reset),
        onSnapshot: (state) => guarded(() => model.start(state)),
      }),
      socket.subscribeState(frame.request),
    ];
    leave = () => stops.forEach((each) => each());
    frame.request();
  };
  function stop(): void {
    clearTimeout(timer);
    leave?.();
    leave = null;
  }

  return {
    getSnapshot: () => view,
    end,
    subscribe: (listener) => {
      listeners.add(listener);
      if (leave === null) start();
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        stop();
        frame.cancel();
        // React's strict mode comes back within the same task and has missed nothing.
        queueMicrotask(() => {
          if (listeners.size === 0) gone = true;
        });
      };
    },
  };
}
