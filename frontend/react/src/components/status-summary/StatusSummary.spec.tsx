import { createRef } from 'react';
import { render } from '@testing-library/react';
import { describe, expect, it } from '@jest/globals';
import { pseudoMessages } from '../../testing/pseudo.ts';
import { StatusSummary } from './StatusSummary.tsx';

const FLEET = [
  'healthy',
  'in_progress',
  'critical',
  'purple',
  'warning',
  'offline',
  'pending',
  'online',
  null,
];
const textOf = (container: HTMLElement): string | null | undefined =>
  container.querySelector('.fd-summary')?.textContent;

describe('StatusSummary', () => {
  it('counts by family, worst first, what is in progress apart', () => {
    const { container } = render(<StatusSummary statuses={FLEET} />);
    expect(textOf(container)).toBe('2 critical, 1 degraded, 2 unknown, 2 in progress, 2 healthy');
    expect([...container.querySelectorAll('svg')].map((svg) => svg.getAttribute('data-shape'))).toEqual([
      ...['critical', 'degraded', 'unknown', 'progress', 'healthy'],
    ]);
    expect(container.querySelector('.fd-summary')).toHaveAttribute('data-tone', 'critical');
  });

  it('leaves out what nobody is', () => {
    const { container } = render(<StatusSummary statuses={['healthy', 'healthy']} />);
    expect(textOf(container)).toBe('2 healthy');
  });

  it('says so when there is nothing to count, and does not call that healthy', () => {
    const { container } = render(<StatusSummary statuses={[]} />);
    expect(textOf(container)).toBe('Nothing to count');
    expect(container.querySelector('.fd-summary')).toHaveAttribute('data-tone', 'unknown');
  });

  it('groups large counts as the locale does', () => {
    const { container } = render(
      <StatusSummary statuses={Array.from({ length: 10_000 }, () => 'healthy')} locale="de" />,
    );
    expect(textOf(container)).toBe('10.000 healthy');
  });

  it('is unknown, hatched and told as last known when nobody confirmed it for too long', () => {
    const { container, rerender } = render(<StatusSummary statuses={['healthy']} stale />);
    const shown = () => container.querySelector('.fd-summary');
    expect(shown()).toHaveAttribute('data-stale', 'true');
    expect(shown()).toHaveAttribute('data-tone', 'unknown');
    expect(textOf(container)).toBe('1 healthy, last known');
    rerender(<StatusSummary statuses={['healthy']} asOf={0} staleAfterMs={5_000} now={360_000} />);
    expect(textOf(container)).toBe('1 healthy, last known 6 min. ago');
    rerender(<StatusSummary statuses={['healthy']} asOf={0} staleAfterMs={5_000} now={5_000} />);
    expect(shown()).not.toHaveAttribute('data-stale');
    expect(textOf(container)).toBe('1 healthy');
  });

  it('passes ref, class name and DOM props to its element', () => {
    const ref = createRef<HTMLSpanElement>();
    render(<StatusSummary statuses={[]} ref={ref} className="mine" title="Fleet" />);
    expect(ref.current).toHaveClass('fd-summary', 'mine');
    expect(ref.current).toHaveAttribute('title', 'Fleet');
  });

  it('has no English word left in another language', () => {
    const { container, rerender } = render(
      <StatusSummary statuses={FLEET} messages={pseudoMessages} locale="ja" />,
    );
    expect(textOf(container)).not.toMatch(/[a-z]{2,}/i);
    rerender(<StatusSummary statuses={[]} messages={pseudoMessages} locale="ja" />);
    expect(textOf(container)).not.toMatch(/[a-z]{2,}/i);
  });
});
