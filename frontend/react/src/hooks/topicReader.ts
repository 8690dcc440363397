import { asError } from './asError.ts';
import type { TopicStore, TopicView } from './topicStore.ts';

/** What {@link useTopic} answers. A component renders only for what it reads of it. */
export interface TopicResult<R> {
  /** What was selected of the topic's state. `undefined` when `select` failed before it ever succeeded. */
  readonly data: R;
  /**
   * Why the topic does not go on: a `TopicRefusedError` with the service's code, or what `reduce`, `select`,
   * `fromSnapshot` or `onMessage` threw. `null` when it does.
   */
  readonly error: Error | null;
  /**
   * - `waiting` for the connection or the answer
   * - `live`
   * - `paused`: the page has been hidden for a while
   * - `refused`: see `error`
   * - `ended` by an error of the component's own code: nothing more is taken in
   */
  readonly status: TopicView<R>['status'];
  /**
   * Whether what is shown may no longer be so: the connection is lost, the topic refused, or a message overdue that
   * the topic's `expectedEveryMs` promises. A quiet topic that promises none is not stale.
   */
  readonly isStale: boolean;
  /** When the last message came, to the second, on the page clock; `null` before the first. */
  readonly lastMessageAt: number | null;
}

const TRACKED = ['status', 'isStale', 'lastMessageAt'] as const;
type Tracked = (typeof TRACKED)[number];

/** What a hook remembers of its readers, which are made anew with each `select`. */
export interface ReaderMemory {
  /** What the component has read so far. */
  readonly used: Set<Tracked>;
  /** What was selected last; without `select`, the state. */
  data: unknown;
}

/** Reads a store: the same object until something changes that is used. */
export function createReader<S, R>(
  store: TopicStore<S>,
  select: ((state: S) => R) | undefined,
  memory: ReaderMemory,
): () => TopicResult<R> {
  let shown: { view: TopicView<S>; result: TopicResult<R> } | null = null;

  const pick = (view: TopicView<S>): Pick<TopicResult<R>, 'data' | 'error'> => {
    let { error } = view;
    if (!select) memory.data = view.state;
    else if (view.status !== 'ended') {
      try {
        memory.data = select(view.state);
      } catch (cause) {
        // Later: this runs while React renders.
        queueMicrotask(() => store.end(cause));
        error = asError(cause);
      }
    }
    return { data: memory.data as R, error };
  };

  return () => {
    const view = store.getSnapshot();
    if (shown?.view === view) return shown.result;
    const picked = pick(view);
    if (shown) {
      const { view: before, result } = shown;
      const same =
        Object.is(picked.data, result.data) &&
        picked.error === result.error &&
        [...memory.used].every((field) => view[field] === before[field]);
      if (same) {
        // What nobody has read yet is given as it is when somebody does.
        shown.view = view;
        return result;
      }
    }
    const cell = { view, result: picked as TopicResult<R> };
    for (const field of TRACKED) {
      const get = () => {
        memory.used.add(field);
        return cell.view[field];
      };
      Object.defineProperty(picked, field, { get, enumerable: true });
    }
    shown = cell;
    return cell.result;
  };
}
