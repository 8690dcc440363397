import type { QueryClient, QueryFunction, QueryFunctionContext, QueryKey } from '@tanstack/react-query';
import type { TopicState } from '@fleetdeck/client';
import type { TopicMessage, TopicMode } from '@fleetdeck/dto';
import { asError } from './asError.ts';
import { createFrame } from './frame.ts';
import type { LiveSocket } from './services.ts';
import { createTopicJoin, type Positioned } from './topicJoin.ts';
import { TopicRefusedError } from './topicStore.ts';

/** How the topic of a query stands. */
export interface TopicLink {
  /**
   * - `waiting` for the connection or the answer
   * - `live`
   * - `paused`: the page has been hidden for a while
   * - `refused`: see `topicError`
   * - `ended` by an error of `reduce`: the query goes on without the topic
   */
  readonly topicStatus: TopicState['status'] | 'ended';
  /** A `TopicRefusedError` with the service's code, or what `reduce` threw; `null` when the topic goes on. */
  readonly topicError: Error | null;
}

/** Which query goes on by which topic. */
export interface TopicQuerySpec {
  client: QueryClient;
  queryHash: string;
  socket: LiveSocket;
  topic: string;
  mode: TopicMode;
}

/** Applies one message to the data of a query. */
export type Reducer<A> = (data: A, message: TopicMessage) => A;

interface TopicQuery<A extends Positioned> {
  readonly spec: TopicQuerySpec;
  link: () => TopicLink;
  idle: () => boolean;
  update: (reduce: Reducer<A>) => void;
  subscribe: (listener: () => void) => () => void;
  mark: () => number;
  /** @returns `null` when the answer must be asked for again */
  join: (answer: A, mark: number, last: boolean) => A | null;
}

/** So many messages are applied at once even when no frame is painted, as in a hidden page. */
const MAX_WAITING = 1_000;
/** How often an answer is asked for that does not fit the topic. */
const MAX_ATTEMPTS = 3;
const RETRY_MS = 500;
const IDLE: TopicLink = { topicStatus: 'waiting', topicError: null };

/** One for each query that is on the page, however many components show it. */
const registry = new WeakMap<QueryClient, Map<string, TopicQuery<never>>>();

function queriesOf(client: QueryClient): Map<string, TopicQuery<never>> {
  const queries = registry.get(client) ?? new Map<string, TopicQuery<never>>();
  registry.set(client, queries);
  return queries;
}

function find<A extends Positioned>({ client, queryHash }: TopicQuerySpec): TopicQuery<A> | undefined {
  // A key has one type of data, as everywhere in TanStack Query.
  return registry.get(client)?.get(queryHash) as TopicQuery<A> | undefined;
}

/** How the topic of a query stands; the same object until it changes. */
export function readTopicLink(spec: TopicQuerySpec): TopicLink {
  return find(spec)?.link() ?? IDLE;
}

/** Gives the query its reducer for what is still to come. */
export function updateTopicQuery<A extends Positioned>(spec: TopicQuerySpec, reduce: Reducer<A>): void {
  find<A>(spec)?.update(reduce);
}

/**
 * Follows the topic of a query as long as somebody does.
 * @returns ends it
 * @throws Error when the query goes on by another topic already
 */
export function followTopicQuery(spec: TopicQuerySpec, listener: () => void): () => void {
  const queries = queriesOf(spec.client);
  let query = queries.get(spec.queryHash);
  if (query && (query.spec.topic !== spec.topic || query.spec.socket !== spec.socket)) {
    // A component that changes its topic leaves the one before within the same task.
    if (query.idle()) query = undefined;
    else
      throw new Error(
        `useTopicQuery: the query ${spec.queryHash} goes on by the topic "${query.spec.topic}" already, so it cannot by "${spec.topic}" of this socket as well. Give it a queryKey of its own.`,
      );
  }
  if (!query) {
    const made = createTopicQuery<never>(spec, () => {
      if (queries.get(spec.queryHash) === made) queries.delete(spec.queryHash);
    });
    queries.set(spec.queryHash, made);
    query = made;
  }
  return query.subscribe(listener);
}

/** Reads a query that is on the page again, unless it is being read. */
export function refetchTopicQuery({ client, queryHash }: Pick<TopicQuerySpec, 'client' | 'queryHash'>): void {
  const queryKey = client.getQueryCache().get(queryHash)?.queryKey;
  if (queryKey)
    void client.refetchQueries({ queryKey, exact: true, type: 'active' }, { cancelRefetch: false });
}

/** Asks for the answer, and again when it does not fit what the topic has said since. */
export async function fetchTopicQuery<A extends Positioned, K extends QueryKey>(
  spec: TopicQuerySpec,
  queryFn: QueryFunction<A, K>,
  context: QueryFunctionContext<K>,
): Promise<A> {
  for (let attempt = 1; ; attempt += 1) {
    const before = find<A>(spec);
    const mark = before?.mark() ?? 0;
    const answer = await queryFn(context);
    const query = find<A>(spec);
    if (!query) return answer;
    const joined = query.join(answer, query === before ? mark : 0, attempt === MAX_ATTEMPTS);
    if (joined !== null) return joined;
    await pause(RETRY_MS * attempt * (0.5 + Math.random() / 2), context.signal);
  }
}

function createTopicQuery<A extends Positioned>(spec: TopicQuerySpec, onEnd: () => void): TopicQuery<A> {
  const { client, queryHash, socket, topic, mode } = spec;
  const listeners = new Set<() => void>();
  let reduce: Reducer<A> = (data) => data;
  let link = IDLE;
  let leave: (() => void) | null = null;
  const joint = createTopicJoin<A>(mode, () => reduce);

  const cached = () => client.getQueryCache().get<A>(queryHash);
  const read = (): A | undefined => cached()?.state.data;
  const refetch = (): void => {
    const queryKey: QueryKey | undefined = cached()?.queryKey;
    // What is under way already is joined, or asked for again, when it arrives.
    if (queryKey) void client.invalidateQueries({ queryKey, exact: true }, { cancelRefetch: false });
  };
  const enter = (topicStatus: TopicLink['topicStatus'], topicError: Error | null): void => {
    if (link.topicStatus === topicStatus && link.topicError === topicError) return;
    link = { topicStatus, topicError };
    for (const listener of [...listeners]) listener();
  };
  const end = (cause: unknown): void => {
    stop();
    enter('ended', asError(cause));
  };
  const commit = (): void => {
    frame.cancel();
    const query = cached();
    const data = query?.state.data;
    if (link.topicStatus === 'ended') return;
    if (!query || data === undefined || !joint.follows(data)) {
      // There is nothing that it could be applied to: the answer that comes takes it in.
      joint.drop();
      return;
    }
    try {
      const next = joint.apply(data);
      joint.settle(next === data ? data : client.setQueryData<A>(query.queryKey, next));
    } catch (cause) {
      end(cause);
    }
  };
  const frame = createFrame(commit);

  const start = (): void => {
    leave = socket.subscribe(topic, {
      onMessage(message) {
        if (joint.take(message) >= MAX_WAITING && mode === 'log') commit();
        else frame.request();
      },
      onReset() {
        joint.follow(socket.position(topic), true);
        refetch();
      },
      onState({ status, error }) {
        if (status === 'live') {
          joint.follow(socket.position(topic));
          const data = read();
          if (data !== undefined && !joint.follows(data)) refetch();
        }
        enter(status, error && new TopicRefusedError(error));
      },
    });
    joint.follow(socket.position(topic));
  };
  function stop(): void {
    leave?.();
    leave = null;
    frame.cancel();
  }

  return {
    spec,
    link: () => link,
    idle: () => listeners.size === 0,
    update(next) {
      reduce = next;
    },
    subscribe(listener) {
      // Wrapped, so that one function may be given twice.
      const own = () => listener();
      listeners.add(own);
      if (listeners.size === 1 && leave === null && link.topicStatus !== 'ended') start();
      return () => {
        listeners.delete(own);
        // React's strict mode leaves and comes back within one task.
        queueMicrotask(() => {
          if (listeners.size > 0) return;
          if (leave) commit();
          stop();
          onEnd();
        });
      };
    },
    mark: joint.mark,
    join(answer, mark, last) {
      if (link.topicStatus === 'ended') return answer;
      try {
        const joined = joint.join(answer, mark, last);
        if (joined.kind === 'joined') return joined.data;
        const data = read();
        // What is shown is newer and complete.
        if (joined.kind === 'older' && data !== undefined && joint.follows(data)) return data;
      } catch (cause) {
        end(cause);
        return answer;
      }
      if (!last) return null;
      throw new Error(
        `The answer is older than what the topic "${topic}" has said since; the service may read from a copy that lags behind.`,
      );
    },
  };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(asError(signal.reason));
    });
  });
}
