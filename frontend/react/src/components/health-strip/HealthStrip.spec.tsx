import { createRef } from 'react';
import { act, fireEvent, render, screen } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { describe, expect, it } from '@jest/globals';
import { BUCKET_MS, bucketsOf, DAY, DAY_UPTIME, PAST_AS_OF, PAST_FROM } from '../../testing/past.ts';
import { pseudoMessages } from '../../testing/pseudo.ts';
import { HealthStrip, type HealthStripProps } from './HealthStrip.tsx';

const STRIP: HealthStripProps = {
  subject: 'postgres',
  buckets: bucketsOf(DAY),
  from: PAST_FROM,
  bucketMs: BUCKET_MS,
  asOf: PAST_AS_OF,
  uptime: DAY_UPTIME,
  timeZone: 'UTC',
};
const strip = () => screen.getByRole('slider');
const words = () => strip().getAttribute('aria-valuetext');
const tip = () => document.querySelector('.fd-tooltip');

describe('HealthStrip', () => {
  it('draws one bar for each piece, with its status', () => {
    render(<HealthStrip {...STRIP} buckets={bucketsOf('hdcu')} />);
    expect([...strip().children].map((bar) => bar.getAttribute('data-status'))).toEqual([
      ...['healthy', 'degraded', 'critical', 'unknown'],
    ]);
  });

  it('is named by whose past it is, how much of it was up, and what is not known', () => {
    const { rerender } = render(<HealthStrip {...STRIP} />);
    expect(strip()).toHaveAccessibleName('postgres, last 1 day, 97.89% up, 5 hr not known');
    rerender(<HealthStrip {...STRIP} uptime={{ ...DAY_UPTIME, percent: null }} stale />);
    expect(strip()).toHaveAccessibleName('postgres, last 1 day, uptime not known, Last known value.');
    rerender(<HealthStrip {...STRIP} uptime={{ ...DAY_UPTIME, percent: 99.999, unknownMs: 0 }} showUptime />);
    // Cut, not rounded: it was down for a while.
    expect(screen.getByText('99.99% up')).toBeVisible();
    rerender(<HealthStrip {...STRIP} uptime={null} showUptime />);
    expect(strip()).toHaveAccessibleName('postgres, last 1 day');
  });

  it('reads the newest piece first, up to when it was read, and others by the arrows', async () => {
    const user = userEvent.setup();
    render(<HealthStrip {...STRIP} />);
    expect(words()).toBe('14:00 to 14:07: Healthy');
    await user.tab();
    expect(tip()).toHaveTextContent('14:00 to 14:07: Healthy');
    await user.keyboard('{ArrowRight}');
    expect(strip()).toHaveAttribute('aria-valuenow', '48');
    await user.keyboard('{Home}');
    expect(words()).toBe('Jan 14, 14:30 to 15:00: Unknown');
    await user.keyboard('{PageUp}{ArrowUp}{ArrowDown}{PageDown}{PageDown}');
    expect(strip()).toHaveAttribute('aria-valuenow', '1');
    await user.keyboard('{End}'.concat('{ArrowLeft}'.repeat(12)));
    expect(words()).toBe('08:00 to 08:30: Critical for 12 min. No answer within 2000 ms.');
    expect([...strip().children].findIndex((bar) => bar.hasAttribute('data-chosen'))).toBe(35);
    await user.keyboard('{Escape}');
    expect(tip()).toBeNull();
    await user.keyboard('x{Control>}{End}{/Control}');
    expect(strip()).toHaveAttribute('aria-valuenow', '36');
    await user.tab();
    expect(tip()).toBeNull();
  });

  it('turns the arrows round where the page runs from right to left', async () => {
    const user = userEvent.setup();
    render(<HealthStrip {...STRIP} style={{ direction: 'rtl' }} />);
    strip().style.direction = 'rtl';
    await user.tab();
    await user.keyboard('{ArrowRight}');
    expect(strip()).toHaveAttribute('aria-valuenow', '47');
    await user.keyboard('{ArrowLeft}');
    expect(strip()).toHaveAttribute('aria-valuenow', '48');
  });

  it('shows the words of the bar under the pointer', () => {
    render(<HealthStrip {...STRIP} />);
    const bar = strip().children[36] as Element;
    fireEvent.pointerMove(bar);
    expect(tip()).toHaveTextContent('08:30 to 09:00: Critical for 12 min');
    fireEvent.pointerMove(strip());
    expect(tip()).toHaveTextContent('08:30');
    fireEvent.pointerLeave(strip());
    expect(tip()).toBeNull();
    act(() => strip().focus());
    fireEvent.pointerLeave(strip());
    expect(tip()).not.toBeNull();
  });

  it('says how much of a piece is not known, and marks one that is mostly so', () => {
    const [healthy] = bucketsOf('h');
    const half = {
      ...healthy,
      status: 'healthy',
      inStatusMs: 600_000,
      unknownMs: 1_200_000,
      reason: null,
    } as const;
    const brief = { status: 'critical', inStatusMs: 0, unknownMs: 0, reason: null } as const;
    render(<HealthStrip {...STRIP} buckets={[half, brief]} asOf={null} />);
    expect(strip().children[0]).toHaveAttribute('data-partial');
    expect(words()).toBe('15:00 to 15:30: Critical');
    fireEvent.pointerMove(strip().children[0] as Element);
    expect(tip()).toHaveTextContent('14:30 to 15:00: Healthy for 10 min, 20 min not known');
  });

  it('says that it is loading, has nothing, or could not be read', () => {
    const { container, rerender } = render(<HealthStrip {...STRIP} buckets={undefined} />);
    const state = () => container.querySelector('.fd-strip')?.getAttribute('data-state');
    expect([state(), container.textContent]).toEqual(['loading', 'Loading']);
    rerender(<HealthStrip {...STRIP} buckets={[]} />);
    expect([state(), container.textContent]).toEqual(['empty', 'No data']);
    rerender(<HealthStrip {...STRIP} buckets={null} error="It is busy." />);
    expect([state(), container.textContent]).toEqual(['error', 'It is busy.']);
    rerender(<HealthStrip {...STRIP} from={null} />);
    expect(state()).toBe('loading');
    rerender(<HealthStrip {...STRIP} stale error="It is busy." />);
    expect(screen.getByText('It is busy.')).toBeVisible();
    expect(container.querySelector('.fd-strip')).toHaveAttribute('data-stale');
  });

  it('keeps its place when pieces are fewer than before', async () => {
    const user = userEvent.setup();
    const { rerender } = render(<HealthStrip {...STRIP} />);
    await user.tab();
    rerender(<HealthStrip {...STRIP} buckets={bucketsOf('hh')} />);
    expect(strip()).toHaveAttribute('aria-valuenow', '2');
  });

  it('passes ref, class name and DOM props to its element', () => {
    const ref = createRef<HTMLDivElement>();
    render(<HealthStrip {...STRIP} ref={ref} className="mine" data-testid="x" />);
    expect(ref.current).toHaveClass('fd-strip', 'mine');
    expect(ref.current).toHaveAttribute('data-testid', 'x');
  });

  it('has no English word left in another language', () => {
    render(
      <HealthStrip
        {...STRIP}
        {...{ subject: '', buckets: bucketsOf('hu'), showUptime: true, stale: true }}
        messages={pseudoMessages}
        locale="ja"
      />,
    );
    expect(`${strip().getAttribute('aria-label')} ${words()}`).not.toMatch(/[a-z]{2,}/i);
  });
});
