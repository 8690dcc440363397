import { useCallback, useEffect, useMemo, useSyncExternalStore } from 'react';
import {
  focusManager,
  useQuery,
  useQueryClient,
  type QueryFunction,
  type QueryFunctionContext,
  type QueryKey,
  type UseQueryOptions,
  type UseQueryResult,
} from '@tanstack/react-query';
import { fleetdeckTopics, matchTopic, type TopicMap, type TopicMessage } from '@fleetdeck/dto';
import { useSocket, type LiveSocket } from './services.ts';
import type { Positioned } from './topicJoin.ts';
import {
  fetchTopicQuery,
  followTopicQuery,
  readTopicLink,
  refetchTopicQuery,
  updateTopicQuery,
  type TopicLink,
  type Reducer,
} from './topicQuery.ts';
import type { PayloadFor } from './useTopic.ts';

/** Options of {@link useTopicQuery}: those of `useQuery`, and what joins it with a topic. */
export interface UseTopicQueryOptions<
  A extends Positioned,
  N extends string,
  M extends TopicMap = typeof fleetdeckTopics,
  R = A,
  K extends QueryKey = QueryKey,
> extends Omit<UseQueryOptions<A, Error, R, K>, 'queryFn' | 'refetchInterval'> {
  /** Asks for the data. Its `position` is the topic's, captured before the data was read. */
  queryFn: QueryFunction<A, K>;
  /** The topic that goes on from the data. */
  topic: N;
  /** Applies one message to the data, without changing the data before. Repeats must do no harm. */
  reduce: (data: NoInfer<A>, message: TopicMessage<PayloadFor<M, N>>) => NoInfer<A>;
  /** The map that declares the topic. Keep the same object between renders. @default fleetdeckTopics */
  topics?: M;
  /** Where the topic is followed. Keep the same object between renders. @default the socket of the provider */
  socket?: LiveSocket;
  /** Asks anew so often, in milliseconds, however many messages come meanwhile. @default false */
  refetchInterval?: number | false;
}

/** What {@link useTopicQuery} answers: what `useQuery` does, and how the topic stands. */
export type TopicQueryResult<R> = UseQueryResult<R> & TopicLink;

/**
 * A query whose data goes on by a topic. The answer and the messages are joined at the answer's position: what came
 * while it was on its way is applied to it, what it holds already is not, and an answer older than what is shown is
 * discarded. When the topic starts over it asks anew by itself. However many messages come, the cache is written once
 * a frame; however many components use the key, the topic is subscribed once. Where there is no topic, because the
 * connection is lost or the caller is refused, it is a plain query.
 *
 * @throws Error outside a `FleetdeckProvider` with a socket, unless `socket` is given
 * @throws Error when another component joins the same key with another topic
 * @example
 * const { data, isPending, topicStatus } = useTopicQuery({
 *   queryKey: ['health'],
 *   queryFn: ({ signal }) => http.get<HealthReport>('/health', { signal }),
 *   topic: 'health',
 *   reduce: (report, { data }) => ({ ...report, overallStatus: data.overallStatus }),
 * });
 */
export function useTopicQuery<
  A extends Positioned,
  const N extends string,
  M extends TopicMap = typeof fleetdeckTopics,
  R = A,
  K extends QueryKey = QueryKey,
>(options: UseTopicQueryOptions<A, N, M, R, K>): TopicQueryResult<R> {
  const { queryFn, topic, reduce, topics, socket: given, refetchInterval = false, ...rest } = options;
  const { queryKey, enabled, refetchIntervalInBackground = false } = rest;
  const client = useQueryClient();
  const socket = useSocket('useTopicQuery', given);
  const map: TopicMap = topics ?? fleetdeckTopics;
  const mode = map[matchTopic(map, topic) ?? '']?.mode ?? 'log';
  const { queryHash } = client.defaultQueryOptions({ queryKey });
  const spec = useMemo(
    () => ({ client, queryHash, socket, topic, mode }),
    [client, queryHash, socket, topic, mode],
  );
  const follows = enabled !== false;

  // Before the query, so that the topic is heard from before the question on.
  const link = useSyncExternalStore(
    useCallback(
      (listener: () => void) => (follows ? followTopicQuery(spec, listener) : () => undefined),
      [spec, follows],
    ),
    () => readTopicLink(spec),
    () => readTopicLink(spec),
  );
  // The service is trusted to send what the shared definition says.
  useEffect(() => updateTopicQuery(spec, reduce as Reducer<A>));

  const query = useQuery<A, Error, R, K>({
    ...rest,
    queryFn: (context: QueryFunctionContext<K>) => fetchTopicQuery(spec, queryFn, context),
  });
  useEffect(() => {
    if (refetchInterval === false || !follows) return undefined;
    // Not the query's own interval, which begins anew whenever the cache is written.
    const timer = setInterval(() => {
      if (refetchIntervalInBackground || focusManager.isFocused()) refetchTopicQuery(spec);
    }, refetchInterval);
    return () => clearInterval(timer);
  }, [spec, refetchInterval, refetchIntervalInBackground, follows]);

  // By prototype, because reading a field of a query result is what makes it render for that field.
  return Object.create(query, {
    topicStatus: { value: link.topicStatus, enumerable: true },
    topicError: { value: link.topicError, enumerable: true },
  }) as TopicQueryResult<R>;
}
