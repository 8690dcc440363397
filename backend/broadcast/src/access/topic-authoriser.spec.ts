import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { Role } from '@fleetdeck/dto';
import type { Principal } from '@fleetdeck/kernel';
import { resolveOptions } from '../broadcast.options.ts';
import type { TopicPolicy } from '../topic/topic-policy.ts';
import { TopicStore } from '../topic/topic-store.ts';
import { TopicAuthoriser } from './topic-authoriser.ts';

const principal = (role: Role): Principal => ({ subject: 'ada', role, method: 'bearer', expiresAt: null });

function admit(role: Role, authorize?: TopicPolicy['authorize'], topic = 'orders.7'): Promise<void> {
  const options = resolveOptions({
    topics: { 'orders.*': { mode: 'log' } },
    policies: { 'orders.*': { leastRole: 'operator', ...(authorize ? { authorize } : {}) } },
  });
  const store = new TopicStore({ ...options, newEpoch: () => 'e1', hasSubscribers: () => false });
  return new TopicAuthoriser(store).admit(principal(role), topic);
}

afterEach(() => {
  jest.useRealTimers();
});

describe('TopicAuthoriser', () => {
  it('refuses a topic that nobody declared', async () => {
    await expect(admit('admin', undefined, 'other')).rejects.toMatchObject({ code: 'UNKNOWN_TOPIC' });
  });

  it('asks for the least role, without asking the rule of somebody who lacks it', async () => {
    const rule = jest.fn(() => true);
    await expect(admit('viewer', rule)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(rule).not.toHaveBeenCalled();
    await expect(admit('operator')).resolves.toBeUndefined();
    await expect(admit('admin')).resolves.toBeUndefined();
  });

  it('asks the rule with who and what', async () => {
    const rule = jest.fn((_principal: Principal, _topic: string) => Promise.resolve(true));
    await expect(admit('operator', rule)).resolves.toBeUndefined();
    expect(rule).toHaveBeenCalledWith(principal('operator'), 'orders.7');
  });

  it.each([
    ['says no', () => false],
    ['says no later', () => Promise.resolve(false)],
    ['says something else', () => 'yes' as never],
    ['says nothing', () => undefined as never],
  ])('refuses when the rule %s', async (_what, rule) => {
    await expect(admit('operator', rule)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('broken');
      },
    ],
    ['rejects', () => Promise.reject(new Error('broken'))],
  ])('lets nobody through when the rule %s', async (_what, rule) => {
    await expect(admit('operator', rule)).rejects.toThrow('broken');
  });

  it('lets nobody through when the rule does not answer', async () => {
    jest.useFakeTimers();
    const asked = admit('operator', () => new Promise(() => undefined));
    jest.advanceTimersByTime(5000);
    await expect(asked).rejects.toMatchObject({ code: 'TIMED_OUT' });
  });
});
