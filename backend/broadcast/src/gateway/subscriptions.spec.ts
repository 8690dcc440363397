import { describe, expect, it, jest } from '@jest/globals';
import { FakeClock } from '@fleetdeck/kernel/testing';
import { resolveOptions } from '../broadcast.options.ts';
import { TopicStore } from '../topic/topic-store.ts';
import type { ClientSession } from './client-session.ts';
import { SocketHub } from './socket-hub.ts';
import { Subscriptions } from './subscriptions.ts';

const options = resolveOptions({});

function setUp(bufferedBytes: number, busy = false) {
  const store = new TopicStore({
    ...options,
    newEpoch: () => 'e1',
    hasSubscribers: () => busy,
    maxTopics: 1,
  });
  if (busy) store.open('system', 0);
  const session = {
    topics: new Set<string>(),
    bufferedBytes,
    principal: { subject: 's', role: 'viewer', method: 'bearer', expiresAt: null },
  } as unknown as ClientSession;
  const join = jest.fn();
  const subscriptions = new Subscriptions(options, store, new SocketHub(), new FakeClock());
  return { answer: () => subscriptions.subscribe(session, { topic: 'health' }, join), join, session };
}

describe('Subscriptions', () => {
  it('asks a client that has not read what it was sent to do so first', () => {
    const { answer, join, session } = setUp(options.maxBufferedBytesPerClient + 1);
    expect(answer()).toMatchObject({
      ok: false,
      topic: 'health',
      error: { code: 'RATE_LIMITED', retryable: true, retryAfterMs: 500 },
    });
    expect(join).not.toHaveBeenCalled();
    expect(session.topics.size).toBe(0);
  });

  it('refuses a topic for the moment when too many are in use', () => {
    const { answer, join } = setUp(0, true);
    expect(answer()).toMatchObject({
      ok: false,
      error: { code: 'OVERLOADED', retryable: true, retryAfterMs: 5000 },
    });
    expect(join).not.toHaveBeenCalled();
  });

  it('takes a client whose backlog is just within its limit', () => {
    const { answer, join } = setUp(options.maxBufferedBytesPerClient);
    expect(answer()).toMatchObject({ ok: true, position: { epoch: 'e1', offset: 0 } });
    expect(join).toHaveBeenCalledWith('health');
  });
});
