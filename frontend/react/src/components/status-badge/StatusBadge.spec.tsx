import { createRef } from 'react';
import { act, fireEvent, render, screen } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { pseudoMessages } from '../../testing/pseudo.ts';
import { StatusBadge } from './StatusBadge.tsx';

const NOON = '2026-01-15T12:00:00Z';
const badgeOf = (container: HTMLElement): HTMLElement => {
  const badge = container.querySelector<HTMLElement>('.fd-badge');
  if (badge === null) throw new Error('there is no badge');
  return badge;
};
const shapeOf = (container: HTMLElement): string | undefined =>
  container.querySelector('svg')?.getAttribute('data-shape') ?? undefined;

afterEach(() => {
  jest.useRealTimers();
});

describe('StatusBadge', () => {
  it.each([
    ['healthy', 'healthy', 'healthy', 'Healthy'],
    ['online', 'healthy', 'healthy', 'Online'],
    ['warning', 'degraded', 'degraded', 'Warning'],
    ['failed', 'critical', 'critical', 'Failed'],
    ['in_progress', 'progress', 'progress', 'In progress'],
    ['pending', 'progress', 'pending', 'Pending'],
    ['completed', 'healthy', 'healthy', 'Completed'],
    ['unknown', 'unknown', 'unknown', 'Unknown'],
    ['stopped', 'unknown', 'stopped', 'Stopped'],
    ['cancelled', 'unknown', 'cancelled', 'Cancelled'],
    ['Paused', 'unknown', 'paused', 'Paused'],
    ['skipped', 'unknown', 'skipped', 'Skipped'],
    ['rolled-back', 'unknown', 'rolled_back', 'Rolled back'],
  ])('draws %s in the tone %s with the shape %s and the word %s', (status, tone, shape, word) => {
    const { container } = render(<StatusBadge status={status} />);
    expect(badgeOf(container)).toHaveAttribute('data-tone', tone);
    expect(shapeOf(container)).toBe(shape);
    expect(badgeOf(container)).toHaveTextContent(word);
  });

  it.each([['purple'], ['heathly'], ['progress'], ['constructor'], [''], [null], [undefined]])(
    'draws %j, which nobody declared, as unknown and never as healthy',
    (status) => {
      const { container } = render(<StatusBadge status={status} />);
      expect(badgeOf(container)).toHaveAttribute('data-tone', 'unknown');
      expect(shapeOf(container)).toBe('unknown');
    },
  );

  it('draws no two statuses that mean something else alike', () => {
    const words = [
      'healthy',
      'degraded',
      'critical',
      'unknown',
      'in_progress',
      'pending',
      'paused',
      'stopped',
    ];
    const { container } = render(
      [...words, 'cancelled', 'skipped', 'rolled_back'].map((status) => (
        <StatusBadge key={status} status={status} />
      )),
    );
    const drawn = [...container.querySelectorAll('svg')].map(({ innerHTML }) => innerHTML);
    expect(new Set(drawn).size).toBe(drawn.length);
  });

  it('tells a reader word, subject, begin and reason', () => {
    const { container } = render(
      <StatusBadge
        status="critical"
        label="checkout"
        since="2026-01-15T11:02:00Z"
        reason="3 of 4 probes fail"
        now={NOON}
        timeZone="UTC"
      />,
    );
    expect(badgeOf(container).textContent).toBe('Critical: checkout, since 11:02, 3 of 4 probes fail');
  });

  it('shows begin and reason to everybody where it is asked to', () => {
    const given = { since: '2026-01-15T11:02:00Z', reason: '3 of 4 probes fail', now: NOON, timeZone: 'UTC' };
    const { container, rerender } = render(<StatusBadge status="critical" {...given} />);
    const details = () => screen.getByText(/3 of 4 probes fail/);
    expect(details()).toHaveClass('fd-hidden');
    rerender(<StatusBadge status="critical" {...given} showDetails />);
    expect(details()).not.toHaveClass('fd-hidden');
    expect(badgeOf(container).textContent).toBe('Critical, since 11:02, 3 of 4 probes fail');
    expect(badgeOf(container)).not.toHaveAttribute('showdetails');
  });

  it('adds the date to a begin of another day', () => {
    const { container } = render(
      <StatusBadge status="failed" since="2026-01-14T11:02:00Z" now={NOON} timeZone="UTC" />,
    );
    expect(badgeOf(container).textContent).toBe('Failed, since Jan 14, 11:02');
  });

  it('does not name the word twice when the label is the word', () => {
    const { container } = render(<StatusBadge status="healthy" label="Healthy" />);
    expect(badgeOf(container).textContent).toBe('Healthy');
  });

  it('is unknown once nobody confirmed it for too long, and says what it was', () => {
    const { container, rerender } = render(
      <StatusBadge status="healthy" asOf="2026-01-15T11:54:00Z" staleAfterMs={360_000} now={NOON} />,
    );
    expect(badgeOf(container)).toHaveAttribute('data-tone', 'healthy');
    rerender(<StatusBadge status="healthy" asOf="2026-01-15T11:54:00Z" staleAfterMs={359_999} now={NOON} />);
    expect(badgeOf(container)).toHaveAttribute('data-tone', 'unknown');
    expect(badgeOf(container)).toHaveAttribute('data-stale', 'true');
    expect(badgeOf(container).textContent).toBe('Unknown, was Healthy, 6 min. ago');
  });

  it('grows stale by itself as the page clock goes on', () => {
    jest.useFakeTimers({ now: Date.parse(NOON) });
    const { container } = render(<StatusBadge status="healthy" asOf={NOON} staleAfterMs={5000} />);
    act(() => jest.advanceTimersByTime(5000));
    expect(badgeOf(container)).toHaveAttribute('data-tone', 'healthy');
    act(() => jest.advanceTimersByTime(1000));
    expect(badgeOf(container)).toHaveAttribute('data-tone', 'unknown');
  });

  it('is not stale while no limit is given, or the moment cannot be read', () => {
    const { container, rerender } = render(<StatusBadge status="healthy" asOf={0} now={NOON} />);
    expect(badgeOf(container)).toHaveAttribute('data-tone', 'healthy');
    rerender(<StatusBadge status="healthy" asOf="yesterday" staleAfterMs={1} now={NOON} />);
    expect(badgeOf(container)).toHaveAttribute('data-tone', 'healthy');
  });

  it('is unknown when its source says that it is stale, with the age where that is known', () => {
    const { container, rerender } = render(<StatusBadge status="healthy" stale />);
    expect(badgeOf(container)).toHaveAttribute('data-tone', 'unknown');
    expect(badgeOf(container).textContent).toBe('Unknown, was Healthy');
    rerender(<StatusBadge status="paused" stale />);
    expect(shapeOf(container)).toBe('unknown');
    rerender(<StatusBadge status="healthy" stale asOf="2026-01-15T11:54:00Z" now={NOON} />);
    expect(badgeOf(container).textContent).toBe('Unknown, was Healthy, 6 min. ago');
    rerender(<StatusBadge status="healthy" stale={false} asOf="2026-01-15T11:54:00Z" now={NOON} />);
    expect(badgeOf(container)).not.toHaveAttribute('data-stale');
  });

  it('shows how long it has lasted and how often it changed', () => {
    const { container, rerender } = render(
      <StatusBadge status="failed" since="2026-01-15T11:48:00Z" now={NOON} timeZone="UTC" showDuration />,
    );
    expect(badgeOf(container).textContent).toBe('Failed, for 12 min, since 11:48');
    rerender(<StatusBadge status="healthy" changes={1200} changesIn="1 h" showDuration />);
    expect(badgeOf(container).textContent).toBe('Healthy, 1,200 changes in 1 h');
    rerender(<StatusBadge status="healthy" changes={1} />);
    expect(badgeOf(container).textContent).toBe('Healthy, 1 change');
    rerender(<StatusBadge status="healthy" changes={0} changesIn="1 h" />);
    expect(badgeOf(container).textContent).toBe('Healthy');
  });

  it('counts on how long it has lasted by itself', () => {
    jest.useFakeTimers({ now: Date.parse(NOON) });
    const { container } = render(<StatusBadge status="failed" since={NOON} timeZone="UTC" showDuration />);
    expect(badgeOf(container)).toHaveTextContent('Failed, for 0 sec');
    act(() => jest.advanceTimersByTime(61_000));
    expect(badgeOf(container)).toHaveTextContent('Failed, for 1 min');
  });

  it('is no live region', () => {
    const { container } = render(<StatusBadge status="critical" />);
    expect(container.querySelector('[role="status"],[role="alert"],[aria-live]')).toBeNull();
  });

  it('passes ref, class name and DOM props to its element', () => {
    const ref = createRef<HTMLSpanElement>();
    const { container } = render(
      <StatusBadge status="healthy" ref={ref} className="mine" id="badge" dir="rtl" data-row="7" />,
    );
    expect(ref.current).toBe(badgeOf(container));
    expect(badgeOf(container)).toHaveClass('fd-badge', 'mine');
    expect(badgeOf(container)).toHaveAttribute('id', 'badge');
    expect(badgeOf(container)).toHaveAttribute('dir', 'rtl');
    expect(badgeOf(container)).toHaveAttribute('data-row', '7');
  });

  it('has no English word left in another language', () => {
    const { container } = render(
      <StatusBadge
        status="in_progress"
        label="⟦⟧"
        since={NOON}
        asOf={NOON}
        staleAfterMs={1}
        now="2026-01-15T12:00:01Z"
        changes={3}
        changesIn="1"
        showDuration
        messages={pseudoMessages}
        locale="ja"
      />,
    );
    expect(badgeOf(container).textContent).not.toMatch(/[a-z]{2,}/i);
  });
});

describe('a compact StatusBadge', () => {
  it('keeps its words in the page and names itself by them', () => {
    render(<StatusBadge status="critical" label="checkout" compact />);
    const badge = screen.getByRole('img', { name: 'Critical: checkout' });
    expect(badge).toHaveTextContent('Critical: checkout');
    expect(badge).toHaveAttribute('tabindex', '0');
  });

  it('is no tab stop of its own inside a button that says so', () => {
    render(
      <button type="button">
        <StatusBadge status="critical" compact tabIndex={undefined} />
      </button>,
    );
    expect(screen.getByRole('button', { name: 'Critical' })).toBeInTheDocument();
    expect(document.querySelector('[tabindex]')).toBeNull();
  });

  it('shows its words on focus and hides them on Escape and on leaving', async () => {
    const user = userEvent.setup();
    const { container } = render(<StatusBadge status="critical" compact />);
    await user.tab();
    expect(container.querySelector('.fd-tooltip')).toHaveTextContent('Critical');
    await user.keyboard('a');
    expect(container.querySelector('.fd-tooltip')).not.toBeNull();
    await user.keyboard('{Escape}');
    expect(container.querySelector('.fd-tooltip')).toBeNull();
    await user.tab();
    await user.tab({ shift: true });
    expect(container.querySelector('.fd-tooltip')).not.toBeNull();
    await user.tab();
    expect(container.querySelector('.fd-tooltip')).toBeNull();
  });

  it('shows its words on hover, until the page scrolls', async () => {
    const user = userEvent.setup();
    const { container } = render(<StatusBadge status="critical" compact />);
    await user.hover(badgeOf(container));
    expect(container.querySelector('.fd-tooltip')).not.toBeNull();
    fireEvent.scroll(document);
    expect(container.querySelector('.fd-tooltip')).toBeNull();
    await user.unhover(badgeOf(container));
    await user.hover(badgeOf(container));
    expect(container.querySelector('.fd-tooltip')).not.toBeNull();
  });

  it('keeps the words of what has the focus at its side while the page scrolls to it', async () => {
    const user = userEvent.setup();
    const { container } = render(<StatusBadge status="critical" compact />);
    const tip = () => container.querySelector<HTMLElement>('.fd-tooltip');
    let top = 900;
    badgeOf(container).getBoundingClientRect = () => new DOMRect(100, top, 20, 20);
    await user.tab();
    top = 300;
    fireEvent.scroll(document);
    expect(tip()?.style.top).toBe('326px');
    await user.tab();
    expect(tip()).toBeNull();
  });

  it('keeps the tooltip inside the window, above where there is no room below', async () => {
    const user = userEvent.setup();
    const box = (left: number, top: number, width: number, height: number): DOMRect =>
      new DOMRect(left, top, width, height);
    const measure = jest.spyOn(HTMLElement.prototype, 'getBoundingClientRect').mockImplementation(function (
      this: HTMLElement,
    ) {
      return this.matches('.fd-tooltip')
        ? box(0, 0, 200, 30)
        : box(window.innerWidth - 20, window.innerHeight - 20, 20, 20);
    });
    const { container } = render(<StatusBadge status="critical" compact />);
    await user.hover(badgeOf(container));
    const tip = container.querySelector<HTMLElement>('.fd-tooltip');
    expect(tip?.style.left).toBe(`${window.innerWidth - 204}px`);
    expect(tip?.style.top).toBe(`${window.innerHeight - 56}px`);
    measure.mockRestore();
  });

  it('calls the handlers that it was given as well', async () => {
    const user = userEvent.setup();
    const calls: string[] = [];
    const { container } = render(
      <StatusBadge
        status="healthy"
        compact
        onPointerEnter={() => calls.push('enter')}
        onPointerLeave={() => calls.push('leave')}
        onFocus={() => calls.push('focus')}
        onBlur={() => calls.push('blur')}
      />,
    );
    await user.hover(badgeOf(container));
    await user.unhover(badgeOf(container));
    await user.tab();
    await user.tab();
    expect(calls).toEqual(['enter', 'leave', 'focus', 'blur']);
  });
});
