import type { ReactNode } from 'react';
import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { act, renderHook } from '@testing-library/react';
import type { Alert, TopicMessage } from '@fleetdeck/dto';
import { alertOf, updateOf } from '../testing/alerts.ts';
import { FakeHttp, FakeSocket, nextFrame } from '../testing/fakes.ts';
import { createAlertsModel, MAX_ALERTS } from './alertsModel.ts';
import { FleetdeckProvider } from './FleetdeckProvider.tsx';
import { useAlerts, type UseAlertsOptions } from './useAlerts.ts';

const POSITION = { epoch: 'e1', offset: 0 };
const answerOf = (...alerts: Alert[]) => ({ alerts, asOf: '2026-01-15T14:02:00.000Z', position: POSITION });
const keysOf = (alerts: readonly Alert[] | null) => alerts?.map(({ key }) => key);

let socket: FakeSocket;
let http: FakeHttp;
beforeEach(() => {
  socket = new FakeSocket();
  http = new FakeHttp();
});
const wrapper = ({ children }: { children: ReactNode }): ReactNode => (
  <FleetdeckProvider socket={socket} http={http}>
    {children}
  </FleetdeckProvider>
);
const settle = (work: () => void): Promise<void> =>
  act(async () => {
    work();
    await nextFrame();
  });

describe('useAlerts', () => {
  it('reads the alerts and follows their topic to the end', async () => {
    const { result } = renderHook(() => useAlerts(), { wrapper });
    expect(http.last.path).toBe('/alerts');
    expect(socket.topics).toEqual(['alerts']);
    expect(result.current).toMatchObject({ state: 'loading', alerts: null });
    await settle(() => http.last.answer(answerOf(alertOf('a'))));
    expect(result.current).toMatchObject({ state: 'live' });
    await settle(() =>
      socket.say('alerts', updateOf(alertOf('b', { severity: 'critical', state: 'pending' }))),
    );
    expect(keysOf(result.current.alerts)).toEqual(['b', 'a']);
    await settle(() => socket.say('alerts', updateOf(alertOf('a', { state: 'inactive', version: 4 }))));
    expect(keysOf(result.current.alerts)).toEqual(['b']);
  });

  it('shows only what it was asked for, and the same list while nothing of it changes', async () => {
    const { result, rerender } = renderHook((props: UseAlertsOptions) => useAlerts(props), {
      wrapper,
      initialProps: { severity: 'critical', state: 'firing' },
    });
    const three = [
      alertOf('a'),
      alertOf('b', { severity: 'critical' }),
      alertOf('c', { severity: 'critical', state: 'pending' }),
    ];
    await settle(() => http.last.answer(answerOf(...three)));
    expect(keysOf(result.current.alerts)).toEqual(['b']);
    const before = result.current;
    rerender({ severity: 'critical', state: 'firing' });
    expect(result.current).toBe(before);
    rerender({});
    expect(keysOf(result.current.alerts)).toEqual(['b', 'c', 'a']);
    expect(http.asked).toHaveLength(1);
  });

  it('says what is missing without an HTTP client', () => {
    const quiet = jest.spyOn(console, 'error').mockImplementation(() => undefined);
    expect(() => renderHook(() => useAlerts())).toThrow('useAlerts needs an HTTP client');
    quiet.mockRestore();
  });
});

describe('the alerts that a page knows', () => {
  const message = (data: unknown, offset = 9): TopicMessage => ({
    ...{ topic: 'alerts', epoch: 'e1', offset, at: '2026-01-15T14:05:00.000Z', data },
  });
  const modelOf = (...alerts: Alert[]) => {
    const model = createAlertsModel();
    model.begin({ ...answerOf(...alerts), position: { epoch: 'e1', offset: 5 } });
    return model;
  };

  it('are none before the first answer', () => {
    const model = createAlertsModel();
    expect(model.apply(message(updateOf(alertOf('a'))))).toBe(false);
    expect(model.read()).toBeNull();
  });

  it('take no notice of what is older, held already, or no update', () => {
    const model = modelOf(alertOf('a'));
    const list = model.read();
    expect(model.apply(message(updateOf(alertOf('a', { version: 3 })), 5))).toBe(false);
    expect(model.apply(message(updateOf(alertOf('a'))))).toBe(false);
    expect(
      model.apply(message(updateOf(alertOf('a', { incidentId: 'old', since: '2026-01-14T00:00:00.000Z' })))),
    ).toBe(false);
    expect(model.apply(message(updateOf(alertOf('z', { state: 'inactive' }))))).toBe(false);
    for (const data of [null, 7, {}, { event: {} }, { event: null, alert: {} }]) {
      expect(model.apply(message(data))).toBe(false);
    }
    expect(model.read()).toBe(list);
  });

  it('are silenced and heard again as silences begin and end, and keep what else is known', () => {
    const acknowledgement = { by: 'ada', at: '2026-01-15T14:00:00.000Z', reason: null };
    const model = modelOf(alertOf('a', { acknowledgement }));
    const silenced = (silencedBy: string | null, part = {}) =>
      model.apply(message({ event: null, alert: alertOf('a', { silencedBy, ...part }) }));
    expect(silenced('s1')).toBe(true);
    expect(model.read()).toMatchObject([{ silencedBy: 's1', acknowledgement }]);
    expect(silenced('s1')).toBe(false);
    expect(silenced('s2', { incidentId: 'before' })).toBe(false);
    expect(silenced(null)).toBe(true);
    expect(model.read()).toMatchObject([{ silencedBy: null, acknowledgement }]);
  });

  it('take a new incident of the same alert, even though its versions begin anew', () => {
    const model = modelOf(alertOf('a', { version: 9 }));
    const next = alertOf('a', { incidentId: 'next', version: 1, since: '2026-01-15T15:00:00.000Z' });
    expect(model.apply(message(updateOf(next)))).toBe(true);
    expect(model.read()).toMatchObject([{ incidentId: 'next' }]);
  });

  it('keep an acknowledgement that the evaluator has not heard of yet', () => {
    const model = modelOf(alertOf('a'));
    const acknowledgement = { by: 'ada', at: '2026-01-15T14:03:00.000Z', reason: null };
    const ack = updateOf(alertOf('a', { acknowledgement }), { kind: 'acknowledged' });
    expect(model.apply(message(ack))).toBe(true);
    expect(model.apply(message(updateOf(alertOf('a', { state: 'recovering', version: 3 }))))).toBe(true);
    expect(model.read()).toMatchObject([{ state: 'recovering', acknowledgement: { by: 'ada' } }]);
    const other = updateOf(alertOf('a', { incidentId: 'other', acknowledgement }), { kind: 'acknowledged' });
    expect(model.apply(message(other))).toBe(false);
  });

  it('are bounded, and come the worst first, the longest of equals first', () => {
    const many = Array.from({ length: MAX_ALERTS }, (_each, i) => alertOf(`n${i}`));
    const full = modelOf(...many);
    expect(full.apply(message(updateOf(alertOf('more'))))).toBe(false);
    expect(full.apply(message(updateOf(alertOf('n1', { version: 3 }))))).toBe(true);
    const few = modelOf(
      alertOf('late', { beganAt: '2026-01-15T14:30:00.000Z' }),
      alertOf('same'),
      alertOf('early'),
      alertOf('bad', { severity: 'critical' }),
    );
    expect(keysOf(few.read())).toEqual(['bad', 'same', 'early', 'late']);
  });
});
