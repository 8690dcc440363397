import type { Position, TopicMessage, TopicMode } from '@fleetdeck/dto';

/** An answer that says up to which message of its topic it is complete, as captured before it was read. */
export interface Positioned {
  readonly position?: Position | null;
}

/** Messages that are held for answers which may be older; beyond that the oldest go. */
export const MAX_HELD_MESSAGES = 10_000;

/** What becomes of an answer. */
export type Joined<A> =
  | { kind: 'joined'; data: A }
  /** It lacks messages that are no longer held. */
  | { kind: 'older' }
  /** It stands in another run of the topic's log. */
  | { kind: 'unrelated' };

/** Puts answers and messages of one topic together, so that each message is in the data once and none is missing. */
export interface TopicJoin<A extends Positioned> {
  /** The topic is followed without a hole from here on; `over`: what was known before is void. */
  follow: (position: Position | undefined, over?: boolean) => void;
  /** Takes a message in. @returns how many wait to be applied */
  take: (message: TopicMessage) => number;
  /** A moment in the messages, to be taken before an answer is asked for. */
  mark: () => number;
  /** Applies to an answer what came after it. `force`: even where positions cannot be compared. */
  join: (answer: A, mark: number, force?: boolean) => Joined<A>;
  /** Applies what waits to data that was joined before. The same object when that changes nothing. */
  apply: (data: A) => A;
  /** Forgets what waits: the next answer is joined with what is held. */
  drop: () => void;
  /** Remembers that this object is what the last {@link apply} became. */
  settle: (data: A | undefined) => void;
  /** Whether the messages that are taken in follow on from this data. */
  follows: (data: A) => boolean;
}

interface Held {
  order: number;
  message: TopicMessage;
}

/** Makes a {@link TopicJoin}. Errors of `reduce` are thrown by `join` and `apply`. */
export function createTopicJoin<A extends Positioned>(
  mode: TopicMode,
  reduce: () => (data: A, message: TopicMessage) => A,
): TopicJoin<A> {
  /** Everything after it is held or was applied. */
  let start: Position | undefined;
  const held = new Map<unknown, Held>();
  let waiting = new Map<unknown, Held>();
  let order = 0;
  /** What was applied to an object whose own `position` says less. */
  let settled: { data: A | undefined; position: Position | null } | undefined;

  const positionOf = (data: A): Position | null =>
    settled?.data === data ? settled.position : (data.position ?? null);

  /** Applies in the order of arrival. A message that `from` covers is in the data already. */
  const fold = (data: A, from: Position | null, messages: Iterable<Held>): [A, Position | null] => {
    let next = data;
    let reached = from;
    const reducer = reduce();
    for (const { message } of messages) {
      const { epoch, offset } = message;
      const comparable = from?.epoch === epoch;
      if (offset !== null && comparable && offset <= from.offset) continue;
      next = reducer(next, message);
      // The values of a `latest` topic come in any order.
      if (offset !== null && (reached?.epoch !== epoch || offset > reached.offset))
        reached = { epoch, offset };
    }
    return [next, reached];
  };
  const keep = (map: Map<unknown, Held>, key: unknown, entry: Held): void => {
    map.delete(key);
    map.set(key, entry);
  };

  return {
    follow(position, over = false) {
      if (over) {
        held.clear();
        waiting.clear();
        start = undefined;
      }
      // A `latest` topic gives the value of every key first, whenever it was published.
      if (position) start ??= mode === 'latest' ? { epoch: position.epoch, offset: 0 } : position;
    },
    take(message) {
      order += 1;
      const entry = { order, message };
      const key = mode === 'latest' && message.offset !== null ? `=${message.key ?? ''}` : order;
      keep(waiting, key, entry);
      // Outside the log it comes at most once: it is not kept for answers to come.
      if (message.offset === null) return waiting.size;
      keep(held, key, entry);
      const [oldest] = held;
      if (held.size > MAX_HELD_MESSAGES && oldest) {
        held.delete(oldest[0]);
        const { epoch, offset } = oldest[1].message;
        start = { epoch, offset: offset ?? 0 };
      }
      return waiting.size;
    },
    mark: () => order,
    join(answer, mark, force = false) {
      const position = answer.position ?? null;
      if (start && position && position.epoch !== start.epoch && !force) return { kind: 'unrelated' };
      const comparable = !start || position?.epoch === start.epoch;
      if (start && comparable && position && position.offset < start.offset) return { kind: 'older' };
      // What came while it was on its way is all that can be told without comparing.
      const later = [...held.values()].filter((entry) => comparable || entry.order > mark);
      const [data, reached] = fold(answer, comparable ? position : null, later);
      const known = reached ?? (comparable ? null : newest(held, start));
      return { kind: 'joined', data: known && known !== position ? { ...data, position: known } : data };
    },
    apply(data) {
      const messages = waiting;
      waiting = new Map();
      const [next, position] = fold(data, positionOf(data), messages.values());
      settled = { data: undefined, position };
      return next === data ? data : { ...next, position };
    },
    drop: () => waiting.clear(),
    settle(data) {
      if (settled) settled.data = data;
    },
    follows(data) {
      const position = positionOf(data);
      if (!start || !position) return true;
      return position.epoch === start.epoch && position.offset >= start.offset;
    },
  };
}

/** The last position that is known of the run of the log that is followed. */
function newest(held: ReadonlyMap<unknown, Held>, start: Position | undefined): Position | null {
  let position = start ?? null;
  for (const { message } of held.values()) {
    if (message.offset !== null) position = { epoch: message.epoch, offset: message.offset };
  }
  return position;
}
