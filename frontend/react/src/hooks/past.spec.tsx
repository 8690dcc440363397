import { act, renderHook, waitFor } from '@testing-library/react';
import { describe, expect, it } from '@jest/globals';
import type { HealthHistory, HealthTimeline, HealthUpdate, StatusFamily } from '@fleetdeck/dto';
import { FakeHttp, FakeSocket, nextFrame } from '../testing/fakes.ts';
import { BUCKET_MS, bucketsOf, DAY_UPTIME, incident, PAST_AS_OF, PAST_FROM } from '../testing/past.ts';
import { FleetdeckProvider } from './FleetdeckProvider.tsx';
import { useHealthHistory } from './useHealthHistory.ts';
import { useHealthTimeline } from './useHealthTimeline.ts';

const LATER = { at: '2026-01-15T14:08:00.000Z' };

const known = { asOf: PAST_AS_OF, from: PAST_FROM, to: PAST_AS_OF, durable: true, complete: true };
const timeline = (letters: string): HealthTimeline => ({
  ...known,
  bucketMs: BUCKET_MS,
  components: { db: { buckets: bucketsOf(letters), uptime: DAY_UPTIME } },
});
const history = (over: Partial<HealthHistory> = {}): HealthHistory => ({
  ...known,
  ...{ component: 'db', incidents: [incident()], items: [], nextCursor: null },
  uptime: { '1h': DAY_UPTIME, '24h': DAY_UPTIME, '7d': DAY_UPTIME, '30d': DAY_UPTIME },
  ...over,
});
const update = (component: string, status: StatusFamily, replica = 'r1'): HealthUpdate => ({
  ...{ id: `${replica}/${component}`, replica, component },
  overallStatus: status,
  health: {
    ...{ status, since: PAST_AS_OF, latencyMs: 1, reason: 'refused', checkedAt: PAST_AS_OF },
    ...{ criticality: 'critical', intervalMs: 1000 },
  },
});

function show<T>(hook: () => T, socket: FakeSocket | null = new FakeSocket()) {
  const http = new FakeHttp();
  const wrapper = ({ children }: { children: React.ReactNode }) => (
    <FleetdeckProvider http={http} {...(socket ? { socket } : {})}>
      {children}
    </FleetdeckProvider>
  );
  return { http, socket: socket as FakeSocket, ...renderHook(hook, { wrapper }) };
}

const say = (socket: FakeSocket, data: unknown, over: Parameters<FakeSocket['say']>[2] = LATER) =>
  act(async () => {
    socket.say('health', data, over);
    await nextFrame();
  });

describe('useHealthTimeline', () => {
  const newest = (state: { timeline: HealthTimeline | null }) =>
    state.timeline?.components['db']?.buckets.at(-1);

  it('reads the past of all components once, and lets the newest piece become worse', async () => {
    const { http, socket, result } = show(() => useHealthTimeline({ spanSeconds: 3600, buckets: 2 }));
    expect([result.current.state, http.last.path, http.last.query]).toEqual([
      ...['loading', '/health/timeline', { spanSeconds: 3600, buckets: 2 }],
    ]);
    act(() => http.last.answer(timeline('uh')));
    await waitFor(() => expect(result.current.state).toBe('live'));
    await say(socket, update('db', 'critical'));
    expect(newest(result.current)).toMatchObject({ status: 'critical', reason: 'refused' });
    // What gets better does not undo what happened in the same piece.
    await say(socket, update('db', 'healthy'));
    expect(newest(result.current)?.status).toBe('critical');
    expect(result.current.timeline?.components['db']?.buckets).toHaveLength(2);
    expect(http.asked).toHaveLength(1);
  });

  it('is not moved by what it knows already, does not know, or cannot read', async () => {
    const { http, socket, result } = show(() => useHealthTimeline());
    act(() => http.last.answer(timeline('hu')));
    await waitFor(() => expect(result.current.state).toBe('live'));
    const before = result.current.timeline;
    await say(socket, update('db', 'critical'), { at: PAST_AS_OF });
    await say(socket, update('db', 'unknown'));
    await say(socket, update('other', 'critical'));
    await say(socket, { ...update('db', 'critical'), health: null });
    await say(socket, 'garbage');
    expect(result.current.timeline).toBe(before);
    await say(socket, update('db', 'healthy'));
    expect(newest(result.current)?.status).toBe('healthy');
  });
});

describe('useHealthHistory', () => {
  it('reads what happened to one component, and again when it changes', async () => {
    const { http, socket, result } = show(() => useHealthHistory('my db'));
    expect(http.last.path).toBe('/health/components/my%20db/history');
    act(() => http.last.answer(history()));
    await waitFor(() => expect(result.current.history?.incidents).toHaveLength(1));
    await say(socket, update('other', 'critical'));
    await say(socket, 'garbage');
    expect(http.asked).toHaveLength(1);
    await say(socket, update('my db', 'critical'));
    expect(http.asked).toHaveLength(2);
    act(() => http.last.answer(history({ incidents: [] })));
    await waitFor(() => expect(result.current.history?.incidents).toEqual([]));
    // Told again it is no news; of another replica it is, and that it is no longer watched.
    await say(socket, update('my db', 'critical'));
    expect(http.asked).toHaveLength(2);
    await say(socket, update('my db', 'critical', 'r2'));
    expect(http.asked).toHaveLength(3);
    act(() => http.last.answer(history()));
    await waitFor(() => expect(result.current.history?.incidents).toHaveLength(1));
    await say(socket, { ...update('my db', 'critical', 'r2'), health: null });
    expect(http.asked).toHaveLength(4);
    act(() => http.last.answer(history()));
    await waitFor(() => expect(result.current.state).toBe('live'));
    act(() => socket.startOver('health'));
    expect(http.asked).toHaveLength(5);
  });

  it('works without a socket, and says why it cannot read', async () => {
    const { http, result } = show(() => useHealthHistory('db'), null);
    act(() => http.last.fail(new Error('busy')));
    await waitFor(() => expect(result.current.state).toBe('error'));
    expect(result.current.error?.message).toBe('busy');
    act(() => result.current.refetch());
    act(() => http.last.answer(history()));
    await waitFor(() => expect(result.current.state).toBe('live'));
  });
});
