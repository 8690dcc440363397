import { createRef } from 'react';
import { act, render, within } from '@testing-library/react';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { ConnectionState } from '@fleetdeck/dto';
import { pseudoMessages } from '../../testing/pseudo.ts';
import { ConnectionStatus, type ConnectionStatusProps } from './ConnectionStatus.tsx';

const LOST = '2026-01-15T14:02:11Z';
const NOW = '2026-01-15T14:07:12Z';
const STATES: readonly ConnectionState[] = [
  'connecting',
  'live',
  'recovering',
  'polling',
  'offline',
  'denied',
];

function show(props: ConnectionStatusProps): HTMLElement {
  const { container } = render(<ConnectionStatus timeZone="UTC" now={NOW} {...props} />);
  const found = container.querySelector<HTMLElement>('.fd-connection');
  if (found === null) throw new Error('there is no status');
  return found;
}

afterEach(() => {
  jest.useRealTimers();
});

describe('ConnectionStatus', () => {
  it.each([
    [{ state: 'live', lastMessageAt: LOST }, 'Live', 'healthy'],
    [{ state: 'connecting' }, 'Connecting', 'progress'],
    [{ state: 'recovering', lastMessageAt: LOST }, 'Reconnecting, data from 14:02:11', 'progress'],
    [{ state: 'recovering' }, 'Reconnecting', 'progress'],
    [{ state: 'polling', lastMessageAt: LOST }, 'Polling, data from 14:02:11', 'degraded'],
    [{ state: 'polling' }, 'Polling', 'degraded'],
    [{ state: 'offline', since: LOST }, 'Offline since 14:02:11', 'critical'],
    [{ state: 'offline', since: '2026-01-14T14:02:11Z' }, 'Offline since Jan 14, 14:02:11', 'critical'],
    [{ state: 'offline' }, 'Offline', 'critical'],
    [{ state: 'denied' }, 'Signed out', 'unknown'],
    [
      { state: 'offline', since: LOST, reason: 'No network' },
      'Offline since 14:02:11, No network',
      'critical',
    ],
  ] as const)('writes %j as %s with the shape %s', (props, text, shape) => {
    const status = show(props);
    expect(status.textContent).toBe(text);
    expect(status.querySelector('svg')).toHaveAttribute('data-shape', shape);
    expect(status).toHaveAttribute('data-state', props.state);
  });

  it('counts down to the next try and leaves it out once it is due', () => {
    jest.useFakeTimers({ now: 1_000_000 });
    const { container } = render(<ConnectionStatus state="recovering" nextAttemptAt={1_002_500} />);
    expect(container.textContent).toBe('Reconnecting, next try in 3 sec');
    act(() => jest.advanceTimersByTime(1000));
    expect(container.textContent).toBe('Reconnecting, next try in 2 sec');
    act(() => jest.advanceTimersByTime(2000));
    expect(container.textContent).toBe('Reconnecting');
  });

  it('shows no next try while it is live', () => {
    expect(show({ state: 'live', nextAttemptAt: '2026-01-15T15:00:00Z' }).textContent).toBe('Live');
  });

  it('shows why it is so where everybody can read it, not by a pointer alone', () => {
    const status = show({ state: 'denied', reason: 'The session has expired' });
    expect(status).not.toHaveAttribute('title');
    expect(within(status).getByText(/The session has expired/)).not.toHaveClass('fd-hidden');
  });

  it('passes ref, class name and DOM props to its element', () => {
    const ref = createRef<HTMLSpanElement>();
    const status = show({ state: 'live', ref, className: 'mine', title: 'The socket' });
    expect(ref.current).toBe(status);
    expect(status).toHaveClass('fd-connection', 'mine');
    expect(status).toHaveAttribute('title', 'The socket');
  });

  it.each(STATES)('has no English word left in another language when %s', (state) => {
    const status = show({ state, since: LOST, lastMessageAt: LOST, messages: pseudoMessages, locale: 'ja' });
    expect(status.textContent).not.toMatch(/[a-z]{2,}/i);
  });
});
