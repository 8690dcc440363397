import type { TopicMessage } from '@fleetdeck/dto';
import { createFrame } from './frame.ts';
import type { LiveSocket } from './services.ts';

/** Makes one state of the messages of a topic. It sees every message, in order. */
export interface TopicModel<T, S> {
  apply: (message: TopicMessage<T>) => void;
  /** The topic starts over. */
  reset: () => void;
  /** The state as it is now: the same object until something is applied, and never changed afterwards. */
  read: () => S;
}

/** Holds what a topic says, and tells its listeners at most once a frame. */
export interface TopicStore<S> {
  getSnapshot: () => S;
  subscribe: (listener: () => void) => () => void;
}

/**
 * Follows a topic while somebody listens. Each message is applied as it comes, so none is lost and none is queued
 * however many fall into one frame; only the listeners wait for the frame.
 */
export function createTopicStore<T, S>(
  socket: LiveSocket,
  topic: string,
  model: TopicModel<T, S>,
): TopicStore<S> {
  const listeners = new Set<() => void>();
  let shown = model.read();
  let leave: (() => void) | null = null;

  const frame = createFrame(() => {
    const state = model.read();
    if (shown === state) return;
    shown = state;
    for (const listener of [...listeners]) listener();
  });

  return {
    getSnapshot: () => shown,
    subscribe: (listener) => {
      listeners.add(listener);
      leave ??= socket.subscribe(topic, {
        onMessage: (message) => {
          model.apply(message as TopicMessage<T>);
          frame.request();
        },
        onReset: () => {
          model.reset();
          frame.request();
        },
      });
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        leave?.();
        leave = null;
        frame.cancel();
      };
    },
  };
}

/** Folds messages by a reducer, which may be replaced for those that are still to come. */
export interface FoldModel<T, S> extends TopicModel<T, S> {
  setReduce: (reduce: (state: S, message: TopicMessage<T>) => S) => void;
}

/** A model of a reducer and the state before the first message. */
export function foldModel<T, S>(
  initial: S,
  reduce: (state: S, message: TopicMessage<T>) => S,
): FoldModel<T, S> {
  let state = initial;
  let fold = reduce;
  return {
    apply: (message) => {
      state = fold(state, message);
    },
    reset: () => {
      state = initial;
    },
    read: () => state,
    setReduce: (next) => {
      fold = next;
    },
  };
}

/** How many keys of a `latest` topic are kept; the one that was heard of longest ago goes first. */
export const MAX_TOPIC_KEYS = 10_000;

/** A model that keeps the newest payload of each key; messages without one share the key `''`. */
export function latestModel<T>(): TopicModel<T, ReadonlyMap<string, T>> {
  const values = new Map<string, T>();
  // Copied once a frame, when it is read, and not with each message.
  let copy: ReadonlyMap<string, T> | null = null;
  return {
    apply: ({ key = '', data }) => {
      copy = null;
      values.delete(key);
      values.set(key, data);
      const oldest = values.keys().next();
      if (values.size > MAX_TOPIC_KEYS && !oldest.done) values.delete(oldest.value);
    },
    reset: () => {
      copy = null;
      values.clear();
    },
    read: () => (copy ??= new Map(values)),
  };
}
