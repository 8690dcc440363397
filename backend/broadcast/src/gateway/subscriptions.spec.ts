import { describe, expect, it, jest } from '@jest/globals';
import { BROADCAST_CODES, type SubscribeReply } from '@fleetdeck/dto';
import { FakeClock } from '@fleetdeck/kernel/testing';
import { TopicAuthoriser } from '../access/topic-authoriser.ts';
import { fleetdeckPolicies, resolveOptions, type BroadcastOptions } from '../broadcast.options.ts';
import { TopicStarts } from '../topic/topic-starts.ts';
import { TopicStore } from '../topic/topic-store.ts';
import type { ClientSession } from './client-session.ts';
import { SocketHub } from './socket-hub.ts';
import { Subscriptions } from './subscriptions.ts';

interface Options extends BroadcastOptions {
  bufferedBytes?: number;
  busy?: boolean;
}

function setUp({ bufferedBytes = 0, busy = false, ...given }: Options = {}) {
  const options = resolveOptions(given);
  const clock = new FakeClock();
  const store = new TopicStore({
    ...options,
    newEpoch: () => 'e1',
    hasSubscribers: () => busy,
    maxTopics: 1,
  });
  if (busy) store.open('system', 0);
  const admitted = new Set<string>();
  const session = {
    topics: new Set<string>(),
    bufferedBytes,
    rights: 0,
    gone: false,
    principal: { subject: 's', role: 'viewer', method: 'bearer', expiresAt: null },
    isAdmitted: (topic: string) => admitted.has(topic),
    rememberAdmission: (topic: string) => admitted.add(topic),
    forgetAdmissions: () => {
      session.rights += 1;
      admitted.clear();
    },
    push: jest.fn(),
    offer: () => true,
    revoked: jest.fn(),
    end: jest.fn(),
    reset: jest.fn(),
  };
  const client = session as unknown as ClientSession;
  const hub = new SocketHub();
  const starts = new TopicStarts(store, clock);
  const subscriptions = new Subscriptions(options, store, starts, new TopicAuthoriser(store), hub, clock);
  const ask = async (request: unknown = { topic: 'health' }): Promise<SubscribeReply | undefined> => {
    let answer: SubscribeReply | undefined;
    await subscriptions.subscribe(client, request, (reply) => (answer = reply));
    return answer;
  };
  return { ask, session, client, hub, store, starts, subscriptions };
}

describe('Subscriptions', () => {
  it('asks a client that has not read what it was sent to do so first', async () => {
    const { ask, session, hub } = setUp({ bufferedBytes: 1_048_577 });
    expect(await ask()).toMatchObject({
      ok: false,
      code: BROADCAST_CODES.RATE_LIMITED.number,
      retryAfterMs: 500,
    });
    expect(hub.subscribers('health')).toBe(0);
    expect(session.topics.size).toBe(0);
  });

  it('refuses a topic for the moment when too many are in use', async () => {
    const { ask, hub } = setUp({ busy: true });
    expect(await ask()).toMatchObject({
      ok: false,
      code: BROADCAST_CODES.OVERLOADED.number,
      retryAfterMs: 5000,
    });
    expect(hub.subscribers('health')).toBe(0);
  });

  it('takes a client whose backlog is just within its limit', async () => {
    const { ask, hub } = setUp({ bufferedBytes: 1_048_576 });
    expect(await ask()).toMatchObject({ ok: true, epoch: 'e1', offset: 0 });
    expect(hub.subscribers('health')).toBe(1);
  });

  it('counts subscriptions under way among those that a client holds', async () => {
    const { ask, session } = setUp({ maxSubscriptionsPerClient: 1 });
    const [first, second] = await Promise.all([ask(), ask({ topic: 'system' })]);
    expect(first).toMatchObject({ ok: true });
    expect(second).toMatchObject({ ok: false, code: BROADCAST_CODES.LIMIT_EXCEEDED.number });
    expect([...session.topics]).toEqual(['health']);
  });

  it('subscribes nobody who has left meanwhile, and answers nobody who has gone', async () => {
    const { ask, client, subscriptions, hub, session } = setUp();
    const asked = ask();
    expect(subscriptions.unsubscribe(client, { topic: 'health' })).toEqual({ ok: true });
    expect(await asked).toMatchObject({ ok: true });
    expect(hub.subscribers('health')).toBe(0);
    session.gone = true;
    expect(await ask()).toBeUndefined();
    expect(hub.subscribers('health')).toBe(0);
  });

  it('answers a withdrawal that names no topic with what was wrong', () => {
    const { subscriptions, client } = setUp();
    expect(subscriptions.unsubscribe(client, 7)).toMatchObject({
      ok: false,
      code: BROADCAST_CODES.INVALID_INPUT.number,
    });
  });

  it('decides anew when rights changed while it decided, and gives up when they keep changing', async () => {
    let changes = 1;
    const change = { now: (): void => undefined };
    const authorize = jest.fn((): boolean => {
      if (changes > 0) change.now();
      changes -= 1;
      return true;
    });
    const policies = { ...fleetdeckPolicies, health: { leastRole: 'viewer', authorize } } as const;
    const { ask, session } = setUp({ policies });
    change.now = session.forgetAdmissions;
    expect(await ask()).toMatchObject({ ok: true });
    expect(authorize).toHaveBeenCalledTimes(2);
    session.forgetAdmissions();
    changes = 99;
    expect(await ask()).toMatchObject({ ok: false, code: BROADCAST_CODES.OVERLOADED.number });
  });

  it('sends nobody a topic whose rule broke, and says nothing of why', async () => {
    const authorize = () => Promise.reject(new Error('secret'));
    const topics = { health: { mode: 'latest' } } as const;
    const { ask } = setUp({ topics, policies: { health: { leastRole: 'viewer', authorize } } });
    const answer = await ask();
    expect(answer).toMatchObject({ ok: false, code: BROADCAST_CODES.INTERNAL.number });
    expect(JSON.stringify(answer)).not.toContain('secret');
  });

  it('ends a connection whose topic cannot be started over', async () => {
    const { hub, starts, session, client } = setUp();
    jest.spyOn(starts, 'begin').mockRejectedValue(new Error('no state'));
    hub.restart(client, 'health', 'slow');
    await new Promise(setImmediate);
    expect(session.end).toHaveBeenCalledWith('INTERNAL', expect.any(String), 1000);
  });

  it('starts nothing over for a client that does not lag any more', async () => {
    const { hub, ask, session, client } = setUp();
    await ask();
    hub.restart(client, 'health', 'slow');
    await new Promise(setImmediate);
    expect(session.reset).not.toHaveBeenCalled();
  });
});
