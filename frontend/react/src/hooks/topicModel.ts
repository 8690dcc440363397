import type { TopicMessage } from '@fleetdeck/dto';

/** Makes one state of the messages of a topic. It sees every message, in order. */
export interface TopicModel<T, S> {
  apply: (message: TopicMessage<T>) => void;
  /** The topic starts over. */
  reset: () => void;
  /** The topic starts from what the snapshot source of its policy gave. */
  start: (snapshot: unknown) => void;
  /** The state as it is now: the same object until something is applied, and never changed afterwards. */
  read: () => S;
}

/** The code of a component that makes a state of messages; it may be replaced for those that are still to come. */
export interface Updaters<T, S> {
  reduce?: ((state: S, message: TopicMessage<T>) => S) | undefined;
  fromSnapshot?: ((snapshot: unknown) => S) | undefined;
  onMessage?: ((message: TopicMessage<T>) => void) | undefined;
}

/** A model that takes updaters. */
export interface UpdatedModel<T, S> extends TopicModel<T, S> {
  update: (updaters: Updaters<T, S>) => void;
}

/** A model of a reducer and the state before the first message. */
export function foldModel<T, S>(initial: S, first: Updaters<T, S>): UpdatedModel<T, S> {
  let state = initial;
  let updaters = first;
  return {
    apply: (message) => {
      if (updaters.reduce) state = updaters.reduce(state, message);
      updaters.onMessage?.(message);
    },
    reset: () => {
      state = initial;
    },
    start: (snapshot) => {
      if (updaters.fromSnapshot) state = updaters.fromSnapshot(snapshot);
    },
    read: () => state,
    update: (next) => {
      updaters = next;
    },
  };
}

/** How many keys of a `latest` topic are kept; the one that was heard of longest ago goes first. */
export const MAX_TOPIC_KEYS = 10_000;

/** A model that keeps the newest payload of each key; messages without one share the key `''`. */
export function latestModel<T>(
  first: Updaters<T, ReadonlyMap<string, T>>,
): UpdatedModel<T, ReadonlyMap<string, T>> {
  const values = new Map<string, T>();
  let updaters = first;
  // Copied once a frame, when it is read, and not with each message.
  let copy: ReadonlyMap<string, T> | null = null;
  return {
    apply: (message) => {
      const { key = '', data } = message;
      copy = null;
      values.delete(key);
      values.set(key, data);
      const oldest = values.keys().next();
      if (values.size > MAX_TOPIC_KEYS && !oldest.done) values.delete(oldest.value);
      updaters.onMessage?.(message);
    },
    reset: () => {
      copy = null;
      values.clear();
    },
    start: () => undefined,
    read: () => (copy ??= new Map(values)),
    update: (next) => {
      updaters = next;
    },
  };
}
