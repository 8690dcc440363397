import type { TopicState } from '@fleetdeck/client';
import type { TopicMessage } from '@fleetdeck/dto';
import { asError } from './asError.ts';
import { createFrame } from './frame.ts';
import type { LiveSocket } from './services.ts';

/** A state that is read once over HTTP and kept up to date by topics. */
export interface LiveModel<A, S> {
  /** Starts over from an answer. */
  begin: (answer: A) => void;
  /**
   * Applies one message; says whether it changed anything. One that is older than what is known changes nothing, and
   * none does before the first answer.
   */
  apply: (message: TopicMessage) => boolean;
  /** The state as it is now, the same object until it changes; `null` before the first answer. */
  read: () => S | null;
}

/** What a live store shows. */
export interface LiveView<S> {
  /**
   * - `loading`: no answer yet
   * - `live`: the newest that is known
   * - `stale`: the connection was lost since; the state is the last known one
   * - `error`: the last read failed; the state, if any, is the last known one
   */
  state: 'loading' | 'live' | 'stale' | 'error';
  data: S | null;
  /** Why the last read failed; `null` when it did not. */
  error: Error | null;
}

/** A live state as React reads it. */
export interface LiveStore<S> {
  getSnapshot: () => LiveView<S>;
  subscribe: (listener: () => void) => () => void;
  /** Reads again; a call while a read is under way is answered by one more after it. */
  refetch: () => void;
}

/** What {@link createLiveStore} takes. */
export interface LiveStoreOptions<A, S> {
  load: (signal: AbortSignal) => Promise<A>;
  topics: readonly string[];
  socket: LiveSocket | null;
  /** Makes what keeps the state. Asked with the first read, so that its code may be loaded only then. */
  model: () => LiveModel<A, S> | Promise<LiveModel<A, S>>;
  /** 0 to 1, for the jitter of retries. @default Math.random */
  random?: () => number;
}

/** Messages that are held while a read is under way; one more and the read is repeated instead. */
export const MAX_HELD = 10_000;
/** Tries after a failed read, before it waits for a reconnection or a call. */
export const MAX_RETRIES = 8;
const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 30_000;

/**
 * Joins an answer with the topics that go on from it, without a gap: the topics are heard first, what comes while
 * the answer is on its way is applied after it. It reads again when a topic starts over and after a reconnection,
 * with one read at a time. It works only while somebody listens.
 */
export function createLiveStore<A, S>({
  load,
  topics,
  socket,
  model: makeModel,
  random = Math.random,
}: LiveStoreOptions<A, S>): LiveStore<S> {
  const listeners = new Set<() => void>();
  let model: LiveModel<A, S> | null = null;
  let view: LiveView<S> = { state: 'loading', data: null, error: null };
  let error: Error | null = null;
  let held: TopicMessage[] = [];
  let overflow = false;
  let again = false;
  let reading: AbortController | null = null;
  let failures = 0;
  let reads = 0;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let leave: (() => void)[] = [];
  let running = false;
  let wasDown = false;

  const down = (): boolean => {
    const state = socket?.getSnapshot().state;
    return state === 'recovering' || state === 'offline' || state === 'denied';
  };
  const commit = (): void => {
    frame.cancel();
    const data = model?.read() ?? null;
    const state = error !== null ? 'error' : data === null ? 'loading' : down() ? 'stale' : 'live';
    if (view.state === state && view.data === data && view.error === error) return;
    view = { state, data, error };
    for (const listener of [...listeners]) listener();
  };
  const frame = createFrame(commit);

  const onMessage = (message: TopicMessage): void => {
    if (reading !== null) {
      if (held.length < MAX_HELD) held.push(message);
      else overflow = true;
    }
    // Not read before the frame: a state of a thousand parts would be put together for each message.
    if (model?.apply(message)) frame.request();
  };
  const onConnection = (): void => {
    const isDown = down();
    const state = socket?.getSnapshot().state;
    const back = wasDown && (state === 'live' || state === 'polling');
    wasDown = isDown || (wasDown && !back);
    commit();
    if (back) refetch();
  };

  const read = async (): Promise<void> => {
    clearTimeout(retry);
    const mine = new AbortController();
    reading = mine;
    reads += 1;
    held = [];
    overflow = false;
    again = false;
    try {
      const [answer, made] = await Promise.all([load(mine.signal), model ?? makeModel()]);
      if (reading !== mine) return;
      model = made;
      made.begin(answer);
      for (const message of held) made.apply(message);
      failures = 0;
      error = null;
    } catch (cause) {
      if (reading !== mine) return;
      error = asError(cause);
      failures += 1;
      if (failures <= MAX_RETRIES) {
        const ceiling = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** (failures - 1));
        retry = setTimeout(refetch, ceiling / 2 + (random() * ceiling) / 2);
      }
    }
    reading = null;
    held = [];
    commit();
    if (again || overflow) void read();
  };
  function refetch(): void {
    if (!running) return;
    if (reading === null) void read();
    else again = true;
  }

  const start = (): void => {
    running = true;
    wasDown = down();
    failures = 0;
    if (socket !== null) {
      leave = topics.map((topic) => {
        let readsBefore: number | null = null;
        const onState = ({ status }: TopicState): void => {
          if (status === 'paused') readsBefore = reads;
          if (status !== 'live' || readsBefore === null) return;
          // A page that was hidden for long is told only the newest values of what it missed.
          if (reading === null && reads === readsBefore) refetch();
          readsBefore = null;
        };
        return socket.subscribe(topic, { onMessage, onState, onReset: refetch });
      });
      leave.push(socket.subscribeState(onConnection));
    }
    refetch();
  };
  const stop = (): void => {
    running = false;
    for (const each of leave) each();
    leave = [];
    clearTimeout(retry);
    frame.cancel();
    reading?.abort();
    reading = null;
    held = [];
  };

  return {
    getSnapshot: () => view,
    refetch,
    subscribe: (listener) => {
      listeners.add(listener);
      if (!running) start();
      return () => {
        listeners.delete(listener);
        // React's strict mode leaves and comes back within one task; that must not read twice.
        queueMicrotask(() => {
          if (listeners.size === 0 && running) stop();
        });
      };
    },
  };
}
