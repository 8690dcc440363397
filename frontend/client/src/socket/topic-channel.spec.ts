import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type {
  BroadcastRefusal,
  SubscribeReply,
  SubscribeRequest,
  TopicMessage,
  TopicMode,
} from '@fleetdeck/dto';
import { Journal } from '../testing/index.ts';
import { waitMs } from './backoff.ts';
import type { ClientSocket } from './socket.port.ts';
import { createTopicChannel, type TopicChannel } from './topic-channel.ts';

type Answer = (reply: SubscribeReply | null) => void;

let asked: { request: SubscribeRequest; answer: Answer }[];
let unsubscribed: string[];
let silences: number;
let unauthenticated: BroadcastRefusal[];
let journal: Journal;

const socket: ClientSocket = {
  subscribe: (request, answer) => void asked.push({ request, answer }),
  unsubscribe: (topic) => void unsubscribed.push(topic),
  auth: () => undefined,
  close: () => undefined,
};

function open(mode: TopicMode): TopicChannel {
  const channel = createTopicChannel('audit', mode, {
    drawWait: (hintMs, attempts) => waitMs(hintMs, attempts, { minMs: 500, maxMs: 20_000 }, () => 0),
    lingerMs: 1_000,
    onIdle: () => undefined,
    onSilence: () => (silences += 1),
    onUnauthenticated: (error) => unauthenticated.push(error),
  });
  channel.add(journal);
  channel.attach(socket);
  return channel;
}

function message(offset: number | null, data: unknown = offset, epoch = 'a', key?: string): TopicMessage {
  return { topic: 'audit', epoch, offset, at: '', data, ...(key === undefined ? {} : { key }) };
}

function reply(offset: number, rest: Partial<Extract<SubscribeReply, { ok: true }>> = {}): SubscribeReply {
  return { ok: true, epoch: 'a', offset, recovered: false, ...rest };
}

function refusal(error: Partial<BroadcastRefusal>): SubscribeReply {
  return { ok: false, code: 4004, message: 'Later.', retryAfterMs: 0, ...error };
}

const answer = (value: SubscribeReply | null) => asked.at(-1)?.answer(value);

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['queueMicrotask'] });
  asked = [];
  unsubscribed = [];
  silences = 0;
  unauthenticated = [];
  journal = new Journal();
});
afterEach(() => {
  jest.useRealTimers();
});

describe('a log topic', () => {
  it('takes what comes after its answer and nothing that comes before', () => {
    const channel = open('log');
    channel.receive(message(3));
    answer(reply(4));
    channel.receive(message(4));
    channel.receive(message(5));
    expect(journal.data).toEqual([5]);
    expect(channel.position()).toEqual({ epoch: 'a', offset: 5 });
  });

  it('asks once for a hole and fills it with what was missed alone', () => {
    const channel = open('log');
    answer(reply(0));
    for (const offset of [1, 4, 5]) channel.receive(message(offset));
    expect(asked.map(({ request }) => request)).toEqual([
      { topic: 'audit' },
      { topic: 'audit', epoch: 'a', offset: 1 },
    ]);
    answer(reply(5, { recovered: true }));
    for (const offset of [1, 2, 3, 4, 5, 6]) channel.receive(message(offset));
    expect(journal.data).toEqual([1, 2, 3, 4, 5, 6]);
    expect(asked).toHaveLength(2);
  });

  it('drops what it has applied already, without asking', () => {
    const channel = open('log');
    answer(reply(3));
    channel.receive(message(4));
    channel.receive(message(4));
    channel.receive(message(2));
    expect(journal.data).toEqual([4]);
    expect(asked).toHaveLength(1);
  });

  it('asks when another epoch appears, and tells the reset before what follows', () => {
    const channel = open('log');
    answer(reply(7));
    channel.receive(message(1, 'new', 'b'));
    expect(journal.data).toEqual([]);
    answer(reply(1, { epoch: 'b', reason: 'epoch' }));
    channel.receive(message(2, 'next', 'b'));
    expect(journal.resets).toEqual(['epoch']);
    expect(journal.data).toEqual(['next']);
  });

  it('tells nobody who comes later what was before', async () => {
    const channel = open('log');
    answer(reply(0));
    channel.receive(message(1));
    const late = new Journal();
    channel.add(late);
    await Promise.resolve();
    channel.receive(message(2));
    expect(late.data).toEqual([2]);
  });
});

describe('an answer that goes on from another place than ours', () => {
  it('is a reset, although it gives no reason', () => {
    const channel = open('log');
    answer(reply(3));
    channel.detach();
    channel.attach({ ...socket });
    answer(reply(9));
    expect(journal.resets).toEqual(['expired']);
    channel.detach();
    channel.attach(socket);
    answer(reply(2, { epoch: 'b', recovered: true }));
    expect(journal.resets).toEqual(['expired', 'epoch']);
    expect(channel.position()).toEqual({ epoch: 'b', offset: 2 });
  });
});

describe('a hidden page', () => {
  it('leaves the topic, and goes on from its position when it is shown', () => {
    const channel = open('log');
    answer(reply(0));
    channel.receive(message(1));
    channel.pause(true);
    channel.pause(true);
    expect(unsubscribed).toEqual(['audit']);
    channel.receive(message(3));
    channel.onReset({ topic: 'audit', epoch: 'a', offset: 3, reason: 'slow' });
    expect(asked).toHaveLength(1);
    channel.pause(false);
    expect(asked.at(-1)?.request).toEqual({ topic: 'audit', epoch: 'a', offset: 1 });
    answer(reply(3, { recovered: true }));
    for (const offset of [2, 3]) channel.receive(message(offset));
    expect(journal.data).toEqual([1, 2, 3]);
    expect(journal.resets).toEqual([]);
  });

  it('asks nothing while it is hidden, whatever the connection does', () => {
    const channel = open('log');
    answer(reply(0));
    channel.pause(true);
    channel.detach();
    channel.attach({ ...socket });
    expect(asked).toHaveLength(1);
    channel.dispose();
    expect(unsubscribed).toEqual(['audit']);
  });

  it('keeps a topic for a listener that wants to hear of it there', () => {
    const channel = open('log');
    channel.add({ onMessage: () => undefined, whileHidden: true });
    channel.pause(true);
    expect(unsubscribed).toEqual([]);
  });
});

describe('a latest topic', () => {
  it('takes the values of a fresh start in whatever order they come', () => {
    open('latest');
    answer(reply(9, { snapshot: { messages: [message(9, 'b', 'a', 'B'), message(2, 'a', 'a', 'A')] } }));
    expect(journal.data).toEqual(['b', 'a']);
  });

  it('holds no more than so many values for those who come later, the newest', async () => {
    const channel = open('latest');
    answer(reply(0));
    for (let n = 1; n <= 10_001; n += 1) channel.receive(message(n, n, 'a', `key-${n}`));
    const late = new Journal();
    channel.add(late);
    await Promise.resolve();
    expect(late.messages).toHaveLength(10_000);
    expect(late.data[0]).toBe(2);
  });

  it('keeps one value where it has no keys', async () => {
    const channel = open('latest');
    answer(reply(0));
    for (const offset of [1, 2]) channel.receive(message(offset));
    const late = new Journal();
    channel.add(late);
    await Promise.resolve();
    expect(late.data).toEqual([2]);
  });

  it('stops telling values to whom leaves in between', async () => {
    const channel = open('latest');
    answer(reply(2, { snapshot: { messages: [message(1, 1, 'a', 'A'), message(2, 2, 'a', 'B')] } }));
    const got: unknown[] = [];
    const leave = channel.add({
      onMessage: ({ data }) => {
        got.push(data);
        leave();
      },
    });
    await Promise.resolve();
    expect(got).toEqual([1]);
  });
});

describe('an answer', () => {
  it('that does not come is told', () => {
    open('log');
    answer(null);
    expect(silences).toBe(1);
  });

  it('to an earlier question counts for nothing', () => {
    const channel = open('log');
    channel.detach();
    channel.attach(socket);
    asked[0]?.answer(reply(5));
    expect(channel.position()).toBeUndefined();
    asked[1]?.answer(reply(6));
    expect(channel.position()?.offset).toBe(6);
  });

  it('that refuses for the moment is asked for again: later each time, or when the service said', () => {
    open('log');
    const waits = [0, 0, 4_000].map((retryAfterMs) => {
      answer(refusal({ retryAfterMs }));
      const from = Date.now();
      jest.advanceTimersToNextTimer();
      return Date.now() - from;
    });
    expect(waits).toEqual([500, 500, 4_000]);
    expect(asked).toHaveLength(4);
  });

  it('that refuses for good is not', () => {
    open('log');
    answer(refusal({ code: 4403, retryAfterMs: null }));
    expect(jest.getTimerCount()).toBe(0);
    expect(journal.states.at(-1)).toMatchObject({ status: 'refused', error: { code: 4403 } });
    expect(unauthenticated).toEqual([]);
  });

  it.each([4401, 4402])('that says %s concerns the connection', (code) => {
    open('log');
    answer(refusal({ code, retryAfterMs: null }));
    expect(unauthenticated).toMatchObject([{ code }]);
  });
});

describe('a listener', () => {
  it('that throws is reported, and others are told all the same', () => {
    const reported: unknown[] = [];
    Object.assign(globalThis, { reportError: (error: unknown) => reported.push(error) });
    const failing = new Error('mine');
    const channel = open('log');
    const other = new Journal();
    channel.add({
      onMessage: () => {
        throw failing;
      },
    });
    channel.add(other);
    answer(reply(0));
    channel.receive(message(1));
    expect(reported).toEqual([failing]);
    expect(other.data).toEqual([1]);
    Reflect.deleteProperty(globalThis, 'reportError');
    const log = jest.spyOn(console, 'error').mockImplementation(() => undefined);
    channel.receive(message(2));
    expect(log).toHaveBeenCalledWith(failing);
    log.mockRestore();
  });

  it('that is taken away while others are told is told no more, and one that left before hears nothing', async () => {
    const channel = open('log');
    answer(reply(0));
    const second = new Journal();
    let leave = (): unknown => undefined;
    channel.add({ onMessage: () => void leave() });
    leave = channel.add(second);
    channel.add(new Journal())();
    await Promise.resolve();
    channel.receive(message(1));
    expect(second.data).toEqual([]);
    expect(journal.data).toEqual([1]);
  });

  it('may end everything while it is told', () => {
    const channel = open('log');
    channel.add({ onMessage: () => channel.dispose() });
    answer(reply(0));
    channel.receive(message(1));
    expect(unsubscribed).toEqual(['audit']);
    channel.receive(message(2));
    expect(journal.data).toEqual([1]);
  });

  it('that ends everything amid an answer is not told that it is live', () => {
    const channel = open('log');
    const own = new Journal();
    channel.add({ onMessage: () => channel.dispose(), onState: own.onState });
    answer(reply(1, { snapshot: { messages: [message(1)] } }));
    expect(own.states).toEqual([]);
  });
});
