import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { noCounts } from '../broadcast.counters.ts';
import { HistoryLog } from '../topic/history-log.ts';
import { LatestValues } from '../topic/latest-values.ts';
import type { SlowPolicy } from '../topic/topic-policy.ts';
import { OpenTopic } from '../topic/topic-store.ts';
import type { FrameBatch } from '../wire/message-frame.ts';
import { TopicChannel, type ChannelMember } from './topic-channel.ts';

const at = '2026-01-01T00:00:00.000Z';

class FakeMember implements ChannelMember {
  readonly writes: number[][] = [];
  reads = true;
  private drained: (() => void)[] = [];

  offer(batch: FrameBatch): boolean {
    if (this.reads) this.push(batch);
    return this.reads;
  }

  push(batch: FrameBatch): void {
    this.writes.push(batch.frames.map((frame) => frame.offset ?? 0));
  }

  whenDrained(callback: () => void): void {
    this.drained.push(callback);
  }

  drain(): void {
    this.reads = true;
    for (const callback of this.drained.splice(0)) callback();
  }
}

function setUp(mode: 'log' | 'latest', windowMs: number, slow: SlowPolicy = 'reset', maxKeys = 100) {
  const history = { count: 10_000, bytes: 1e9, ageMs: 1e9 };
  const log = mode === 'log' ? new HistoryLog('e1', history) : new LatestValues('e1', { maxKeys });
  const policy = { leastRole: 'viewer', history, snapshotForAll: false, windowMs, slow } as const;
  const topic = new OpenTopic('t', { definition: { mode }, policy }, log, 0);
  const counters = noCounts();
  const events = { cut: jest.fn(), restart: jest.fn() };
  const channel = new TopicChannel<FakeMember>(topic, counters, events);
  const publish = (key?: string, json = '{}'): void => {
    const stored = log.append({ at, json, ...(key === undefined ? {} : { key }) }, 0);
    channel.publish(topic.frame(stored), key);
  };
  const member = (): FakeMember => {
    const made = new FakeMember();
    channel.join(made);
    return made;
  };
  return { channel, counters, events, publish, member };
}

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

describe('TopicChannel', () => {
  it('sends the first message at once and those that follow within the window together', () => {
    const { publish, member } = setUp('log', 10);
    const one = member();
    publish();
    publish();
    publish();
    expect(one.writes).toEqual([[1]]);
    jest.advanceTimersByTime(10);
    expect(one.writes).toEqual([[1], [2, 3]]);
  });

  it('opens the next window with what it sent, and is quick again after a quiet one', () => {
    const { publish, member } = setUp('log', 10);
    const one = member();
    publish();
    publish();
    jest.advanceTimersByTime(10);
    publish();
    expect(one.writes).toEqual([[1], [2]]);
    jest.advanceTimersByTime(10);
    expect(one.writes).toEqual([[1], [2], [3]]);
    jest.advanceTimersByTime(10);
    publish();
    expect(one.writes.at(-1)).toEqual([4]);
  });

  it('sends of a latest topic the last value of each key, in the order of offsets', () => {
    const { publish, member, counters } = setUp('latest', 10);
    const one = member();
    for (const key of ['a', 'a', 'b', 'a']) publish(key);
    jest.advanceTimersByTime(10);
    expect(one.writes).toEqual([[1], [3, 4]]);
    expect(counters).toMatchObject({ deliveries: 3, conflated: 1 });
  });

  it('sends nothing to a client that joins in the window of what it has by its position', () => {
    const { publish, member } = setUp('log', 10);
    const early = member();
    publish();
    publish();
    const late = member();
    publish();
    jest.advanceTimersByTime(10);
    expect(early.writes).toEqual([[1], [2], [3]]);
    expect(late.writes).toEqual([[3]]);
  });

  it('holds no more than so many bytes back', () => {
    const { publish, member } = setUp('log', 10);
    const one = member();
    publish();
    for (let n = 0; n < 3; n += 1) publish(undefined, JSON.stringify('x'.repeat(100_000)));
    expect(one.writes).toEqual([[1], [2, 3, 4]]);
  });

  it('keeps no timer once the last client has left', () => {
    const { publish, member, channel } = setUp('log', 10);
    const one = member();
    publish();
    publish();
    channel.leave(one);
    expect(jest.getTimerCount()).toBe(0);
    expect(channel.size).toBe(0);
    expect(one.writes).toEqual([[1]]);
  });

  it('skips a client that does not read, and starts the topic over once it does', () => {
    const { publish, member, channel, events, counters } = setUp('log', 0);
    const [slow, quick] = [member(), member()];
    slow.reads = false;
    publish();
    publish();
    expect(channel.isLagging(slow)).toBe(true);
    expect(events.restart).not.toHaveBeenCalled();
    slow.drain();
    expect(events.restart).toHaveBeenCalledWith(slow, 't', 'slow');
    publish();
    channel.join(slow);
    publish();
    expect(slow.writes).toEqual([[4]]);
    expect(quick.writes).toEqual([[1], [2], [3], [4]]);
    expect(counters).toMatchObject({ deliveries: 5, slowSkipped: 3 });
  });

  it('conflates for a client that does not read: it gets what changed since, once', () => {
    const { publish, member } = setUp('latest', 0, 'conflate');
    const slow = member();
    publish('a');
    slow.reads = false;
    for (const key of ['a', 'b', 'a', 'b', 'c']) publish(key);
    slow.drain();
    publish('a');
    expect(slow.writes).toEqual([[1], [4, 5, 6], [7]]);
  });

  it('starts a latest topic over when values were dropped meanwhile', () => {
    const { publish, member, events } = setUp('latest', 0, 'conflate', 2);
    const slow = member();
    slow.reads = false;
    for (const key of ['a', 'b', 'c', 'd']) publish(key);
    slow.drain();
    expect(events.restart).toHaveBeenCalledWith(slow, 't', 'slow');
  });

  it('cuts a client that does not read where the policy says so', () => {
    const { publish, member, channel, events } = setUp('log', 0, 'disconnect');
    const slow = member();
    slow.reads = false;
    publish();
    expect(events.cut).toHaveBeenCalledWith(slow);
    expect(channel.size).toBe(0);
  });

  it('lets a client that left while it did not read be', () => {
    const { publish, member, channel, events } = setUp('log', 0);
    const slow = member();
    slow.reads = false;
    publish();
    channel.leave(slow);
    slow.drain();
    expect(events.restart).not.toHaveBeenCalled();
  });
});
