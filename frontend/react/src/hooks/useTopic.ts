import { useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import type { fleetdeckTopics, TopicMap, TopicMessage, TopicPayload } from '@fleetdeck/dto';
import { useSocket } from './services.ts';
import { createTopicStore, foldModel, latestModel } from './topicStore.ts';

type Fleetdeck = typeof fleetdeckTopics;

/** The payload of a topic by its name; `unknown` for a name that the map does not have. */
export type PayloadFor<M extends TopicMap, N extends string> = [TopicPayload<M, N>] extends [never]
  ? unknown
  : TopicPayload<M, N>;

/** Options of {@link useTopic} without a reducer. */
export interface LatestOptions<M extends TopicMap, N extends string, R> {
  /** The map that declares the topic, for the type of its payload. @default fleetdeckTopics */
  topics?: M;
  /** Picks a part; the component renders only when that changes. */
  select?: (values: ReadonlyMap<string, PayloadFor<M, N>>) => R;
}

/** Options of {@link useTopic} with a reducer. */
export interface ReduceOptions<M extends TopicMap, N extends string, S, R> {
  topics?: M;
  /** Folds every message into a state, without changing the one before. Repeats must do no harm. */
  reduce: (state: S, message: TopicMessage<PayloadFor<M, N>>) => S;
  /** The state before the first message, and after a reset. Taken when the topic is opened. */
  initial: S;
  select?: (state: S) => R;
}

/**
 * Follows a topic: by default the newest payload of each key, else what the reducer makes of every message. However
 * many messages fall into one frame, the component renders once.
 *
 * @throws Error outside a `FleetdeckProvider` with a socket
 * @example
 * const health = useTopic('health'); // ReadonlyMap<string, HealthUpdate>
 * const notices = useTopic('system', { initial: [], reduce: (all, { data }) => [...all, data].slice(-50) });
 */
export function useTopic<
  const N extends string,
  M extends TopicMap = Fleetdeck,
  R = ReadonlyMap<string, PayloadFor<M, N>>,
>(topic: N, options?: LatestOptions<M, N, R>): R;
export function useTopic<const N extends string, S, M extends TopicMap = Fleetdeck, R = S>(
  topic: N,
  options: ReduceOptions<M, N, S, R>,
): R;
export function useTopic(topic: string, options: AnyOptions = {}): unknown {
  const { reduce, select } = options as LooseOptions;
  const socket = useSocket('useTopic');
  const [first] = useState(options as LooseOptions);

  const { model, store } = useMemo(() => {
    const made = first.reduce ? foldModel(first.initial, first.reduce) : latestModel<unknown>();
    return { model: made, store: createTopicStore<unknown, unknown>(socket, topic, made) };
  }, [socket, topic, first]);

  useEffect(() => {
    if (reduce && 'setReduce' in model) model.setReduce(reduce);
  }, [model, reduce]);

  const read = useMemo(() => {
    if (!select) return store.getSnapshot;
    // A part is picked once for each state: React compares what it is given by identity.
    let last: { state: unknown; part: unknown } | null = null;
    return (): unknown => {
      const state = store.getSnapshot();
      if (last === null || last.state !== state) last = { state, part: select(state) };
      return last.part;
    };
  }, [store, select]);
  return useSyncExternalStore(store.subscribe, read, read);
}

/** What every pair of options fits into; the overloads above say what is allowed. */
interface AnyOptions {
  topics?: TopicMap;
  initial?: unknown;
  reduce?: (state: never, message: never) => unknown;
  select?: (state: never) => unknown;
}

interface LooseOptions {
  initial?: unknown;
  reduce?: (state: unknown, message: TopicMessage) => unknown;
  select?: (state: unknown) => unknown;
}
