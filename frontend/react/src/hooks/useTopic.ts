import { useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import {
  fleetdeckTopics,
  matchTopic,
  type TopicMap,
  type TopicMessage,
  type TopicPayload,
} from '@fleetdeck/dto';
import { useSocket, type LiveSocket } from './services.ts';
import { foldModel, latestModel, type UpdatedModel } from './topicModel.ts';
import { createReader, type ReaderMemory, type TopicResult } from './topicReader.ts';
import { createTopicStore } from './topicStore.ts';

type Fleetdeck = typeof fleetdeckTopics;

/** The payload of a topic by its name; `unknown` for a name that the map does not have. */
export type PayloadFor<M extends TopicMap, N extends string> = [TopicPayload<M, N>] extends [never]
  ? unknown
  : TopicPayload<M, N>;

interface CommonOptions<M extends TopicMap, N extends string> {
  /**
   * The map that declares the topic, for the type of its payload and for how often a message is due. Keep the same
   * object between renders.
   * @default fleetdeckTopics
   */
  topics?: M;
  /** Where the topic is followed. Keep the same object between renders. @default the socket of the provider */
  socket?: LiveSocket;
  /** Told of every message as it comes, outside React and without a render: for toasts, sounds, counters of your own. */
  onMessage?: (message: TopicMessage<PayloadFor<M, N>>) => void;
}

/** Options of {@link useTopic} without a reducer. */
export interface LatestOptions<M extends TopicMap, N extends string, R> extends CommonOptions<M, N> {
  // Named, so that the compiler sees at once which kind of options it has, and types the functions by that.
  reduce?: undefined;
  initial?: undefined;
  /** Picks a part; the component renders only when that changes. */
  select?: (values: ReadonlyMap<string, PayloadFor<M, N>>) => R;
}

/** Options of {@link useTopic} with a reducer. */
export interface ReduceOptions<M extends TopicMap, N extends string, S, R> extends CommonOptions<M, N> {
  /** Folds every message into a state, without changing the one before. Repeats must do no harm. */
  reduce: (state: S, message: TopicMessage<PayloadFor<M, N>>) => S;
  /** The state before the first message, and after a reset. Taken when the topic is opened. */
  initial: S;
  /** Makes the state that the topic starts from of what the snapshot source of its policy gave. */
  fromSnapshot?: (snapshot: unknown) => S;
  /** Picks a part; the component renders only when that changes. */
  select?: (state: S) => R;
}

/**
 * Follows a topic: by default the newest payload of each key, else what the reducer makes of every message. Messages
 * are taken in as they come and none is lost; however many fall into one frame, the component renders once, and not
 * at all when what it reads stayed the same. An error of `reduce`, `select`, `fromSnapshot` or `onMessage` ends this
 * hook alone and is its `error`.
 *
 * @throws Error outside a `FleetdeckProvider` with a socket, unless `socket` is given
 * @example
 * const { data: health, isStale, error } = useTopic('health'); // ReadonlyMap<string, HealthUpdate>
 * const { data } = useTopic('system', { initial: [], reduce: (all, { data }) => [...all, data].slice(-50) });
 */
export function useTopic<
  const N extends string,
  M extends TopicMap = Fleetdeck,
  R = ReadonlyMap<string, PayloadFor<M, N>>,
>(topic: N, options?: LatestOptions<M, N, R>): TopicResult<R>;
export function useTopic<const N extends string, S, M extends TopicMap = Fleetdeck, R = S>(
  topic: N,
  options: ReduceOptions<M, N, S, R>,
): TopicResult<R>;
export function useTopic(topic: string, options: AnyOptions = {}): TopicResult<unknown> {
  const { reduce, select, fromSnapshot, onMessage, topics = fleetdeckTopics } = options as LooseOptions;
  const socket = useSocket('useTopic', options.socket);
  const [first] = useState(options as LooseOptions);

  const { model, store, memory } = useMemo(() => {
    // Both kinds of state are known by the options alone, which the overloads above tie together.
    const made = (
      first.reduce ? foldModel(first.initial, first) : latestModel(first as object)
    ) as UpdatedModel<unknown, unknown>;
    const reads: ReaderMemory = { used: new Set(), data: undefined };
    const { expectedEveryMs } = (topics as TopicMap)[matchTopic(topics, topic) ?? ''] ?? {};
    return {
      model: made,
      memory: reads,
      store: createTopicStore({ socket, topic, model: made, expectedEveryMs }),
    };
  }, [socket, topic, topics, first]);

  useEffect(() => {
    model.update({ reduce, fromSnapshot, onMessage });
  }, [model, reduce, fromSnapshot, onMessage]);

  const read = useMemo(() => createReader(store, select, memory), [store, select, memory]);
  return useSyncExternalStore(store.subscribe, read, read);
}

/** What every pair of options fits into; the overloads above say what is allowed. */
interface AnyOptions {
  topics?: TopicMap;
  socket?: LiveSocket;
  initial?: unknown;
  reduce?: (state: never, message: never) => unknown;
  fromSnapshot?: (snapshot: unknown) => unknown;
  onMessage?: (message: never) => void;
  select?: (state: never) => unknown;
}

interface LooseOptions {
  topics?: TopicMap;
  socket?: LiveSocket;
  initial?: unknown;
  reduce?: (state: unknown, message: TopicMessage) => unknown;
  fromSnapshot?: (snapshot: unknown) => unknown;
  onMessage?: (message: TopicMessage) => void;
  select?: (state: unknown) => unknown;
}
