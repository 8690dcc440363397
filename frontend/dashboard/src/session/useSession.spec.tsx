import { act, renderHook } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { FleetdeckErrorCode } from '@fleetdeck/dto';
import { FakeService, ok, refusal, session } from '../testing/fake-service.ts';
import { fakeTime, pass } from '../testing/page.ts';
import { useSession } from './useSession.ts';

/** Longer than all repetitions of one request. */
const ANSWERED_MS = 4_500;
const HOUR_MS = 3_600_000;

let service: FakeService;

const open = () => renderHook(() => useSession(service.http));
const inMs = (ms: number): string => new Date(Date.now() + ms).toISOString();

beforeEach(() => {
  fakeTime();
  service = new FakeService();
});
afterEach(() => {
  jest.useRealTimers();
});

describe('useSession', () => {
  it('is checking until the service answers, then says who is signed in', async () => {
    const { result } = open();
    expect(result.current.state).toEqual({ status: 'checking' });
    await pass(0);
    expect(result.current.state).toEqual({ status: 'signed-in', session });
  });

  it.each([
    ['UNAUTHENTICATED', 'signed-out'],
    ['SESSION_EXPIRED', 'expired'],
    ['FORBIDDEN', 'unreachable'],
    ['HOST_REFUSED', 'unreachable'],
    ['RATE_LIMITED', 'unreachable'],
    ['INTERNAL', 'unreachable'],
  ] as const satisfies [FleetdeckErrorCode, string][])('takes %s for %s', async (code, status) => {
    service.answers.set('GET /session', refusal(code));
    const { result } = open();
    await pass(ANSWERED_MS);
    expect(result.current.state).toEqual({ status });
  });

  it('asks again while the service cannot be reached, and is signed in once it can', async () => {
    service.answers.set('GET /session', 'unreachable');
    const { result } = open();
    await pass(ANSWERED_MS);
    expect(result.current.state).toEqual({ status: 'unreachable' });
    await pass(20_000);
    expect(service.count('GET /session')).toBeGreaterThan(6);
    service.answers.set('GET /session', ok(session));
    await pass(10_000);
    expect(result.current.state.status).toBe('signed-in');
    const asked = service.count('GET /session');
    await pass(HOUR_MS);
    expect(service.count('GET /session')).toBe(asked);
  });

  it.each([['an answer', ok(session)] as const, ['a failure', 'unreachable'] as const])(
    'takes no notice of %s after it was left, and asks no more',
    async (_what, late) => {
      service.answers.set('GET /session', late);
      const { result, unmount } = open();
      unmount();
      await pass(HOUR_MS);
      expect(result.current.state).toEqual({ status: 'checking' });
      expect(service.count('GET /session')).toBeLessThanOrEqual(3);
      expect(jest.getTimerCount()).toBe(0);
    },
  );
});

describe('a session with an end', () => {
  it('has expired when its time is over and the service says so', async () => {
    service.answers.set('GET /session', ok({ ...session, expiresAt: inMs(HOUR_MS) }));
    const { result } = open();
    await pass(0);
    await pass(HOUR_MS - 1000);
    expect(result.current.state.status).toBe('signed-in');
    service.answers.set('GET /session', refusal('SESSION_EXPIRED'));
    await pass(1000);
    expect(result.current.state).toEqual({ status: 'expired' });
  });

  it('has expired when its time is over and the service is away', async () => {
    service.answers.set('GET /session', ok({ ...session, expiresAt: inMs(HOUR_MS) }));
    const { result } = open();
    await pass(0);
    service.answers.set('GET /session', 'unreachable');
    await pass(HOUR_MS + ANSWERED_MS);
    expect(result.current.state).toEqual({ status: 'expired' });
  });

  it('goes on when only the clock of this machine is ahead, and is not asked about all the time', async () => {
    service.answers.set('GET /session', ok({ ...session, expiresAt: inMs(-HOUR_MS) }));
    const { result } = open();
    for (let second = 0; second < 120; second += 1) await pass(1000);
    expect(result.current.state.status).toBe('signed-in');
    expect(service.count('GET /session')).toBe(4);
    service.answers.set('GET /session', refusal('SESSION_EXPIRED'));
    await pass(60_000);
    expect(result.current.state).toEqual({ status: 'expired' });
  });

  it('is not over at once when it lasts longer than a timer can', async () => {
    service.answers.set('GET /session', ok({ ...session, expiresAt: inMs(60 * 24 * HOUR_MS) }));
    const { result } = open();
    await pass(0);
    await pass(HOUR_MS);
    expect(result.current.state.status).toBe('signed-in');
    expect(service.count('GET /session')).toBe(1);
  });

  it('leaves no timer behind', async () => {
    service.answers.set('GET /session', ok({ ...session, expiresAt: inMs(HOUR_MS) }));
    const { unmount } = open();
    await pass(0);
    unmount();
    await pass(0);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('stays signed out when it was being asked about as it was ended', async () => {
    service.answers.set('GET /session', ok({ ...session, expiresAt: inMs(HOUR_MS) }));
    const { result } = open();
    await pass(0);
    service.answers.set('GET /session', 'unreachable');
    await pass(HOUR_MS);
    await act(() => result.current.signOut());
    await pass(ANSWERED_MS);
    expect(result.current.state).toEqual({ status: 'signed-out' });
  });
});

describe('expire', () => {
  it('ends a session that the socket says is over', async () => {
    const { result } = open();
    await pass(0);
    act(() => result.current.expire());
    expect(result.current.state).toEqual({ status: 'expired' });
  });

  it.each(['UNAUTHENTICATED', 'SESSION_EXPIRED'] as const)(
    'leaves the answer %s as it is: nobody was signed in on this page',
    async (code) => {
      service.answers.set('GET /session', refusal(code));
      const { result } = open();
      act(() => result.current.expire());
      expect(result.current.state.status).toBe('checking');
      await pass(0);
      const { state } = result.current;
      act(() => result.current.expire());
      expect(result.current.state).toEqual(state);
    },
  );
});

describe('signOut', () => {
  it('ends the session at the service, then on the page', async () => {
    const { result } = open();
    await pass(0);
    expect(await act(() => result.current.signOut())).toBe(true);
    expect(service.count('DELETE /session')).toBe(1);
    expect(result.current.state).toEqual({ status: 'signed-out' });
    act(() => result.current.expire());
    expect(result.current.state).toEqual({ status: 'signed-out' });
  });

  it('is done as well when the session had ended before', async () => {
    service.answers.set('DELETE /session', refusal('SESSION_EXPIRED'));
    const { result } = open();
    await pass(0);
    expect(await act(() => result.current.signOut())).toBe(true);
    expect(result.current.state).toEqual({ status: 'signed-out' });
  });

  it('says that it did not work and stays signed in, when the service cannot be reached', async () => {
    const { result } = open();
    await pass(0);
    service.answers.set('DELETE /session', 'unreachable');
    expect(await act(() => result.current.signOut())).toBe(false);
    expect(result.current.state.status).toBe('signed-in');
    expect(result.current.problem).toMatch(/^You are still signed in: The service cannot be reached/);
    service.answers.set('DELETE /session', ok());
    await act(() => result.current.signOut());
    expect(result.current.problem).toBeNull();
  });
});
