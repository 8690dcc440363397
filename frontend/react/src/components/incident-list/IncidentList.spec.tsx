import { createRef } from 'react';
import { render, screen } from '@testing-library/react';
import { describe, expect, it } from '@jest/globals';
import { incident, PAST_AS_OF } from '../../testing/past.ts';
import { pseudoMessages } from '../../testing/pseudo.ts';
import { IncidentList } from './IncidentList.tsx';

const fixed = { timeZone: 'UTC', now: PAST_AS_OF };
const texts = () =>
  screen
    .getAllByRole('listitem')
    .map((item) => [...item.children].slice(1).map(({ textContent }) => textContent));

describe('IncidentList', () => {
  it('tells what happened, when it began, how long it took and why', () => {
    render(
      <IncidentList
        incidents={[incident(), incident({ begin: '2026-01-11T23:50:00.000Z', reason: null })]}
        {...fixed}
      />,
    );
    expect(texts()).toEqual([
      ['Critical', '08:05, for 12 min', 'No answer within 2000 ms.'],
      ['Critical', 'Jan 11, 23:50, for 12 min'],
    ]);
  });

  it('keeps times and lengths together where people read from right to left', () => {
    render(<IncidentList incidents={[incident()]} {...fixed} locale="ar" />);
    expect(texts()[0]?.[1]).toMatch(/^\u2068[^\u2069]*\u2069, for \u2068[^\u2069]*\u2069$/);
  });

  it('counts one on that lasts', () => {
    const open = incident({
      begin: '2026-01-15T14:01:00.000Z',
      end: null,
      durationMs: 1000,
      worst: 'degraded',
    });
    render(<IncidentList incidents={[open]} {...fixed} />);
    expect(texts()[0]?.slice(0, 2)).toEqual(['Degraded', 'since 14:01, 6 min so far']);
    expect(screen.getByRole('listitem')).toHaveAttribute('data-open');
  });

  it('counts no further than it was read while it is stale', () => {
    const open = incident({ begin: '2026-01-15T14:01:00.000Z', end: null, durationMs: 120_000 });
    render(<IncidentList incidents={[open]} stale {...fixed} />);
    expect(texts()[0]?.[1]).toBe('since 14:01, 2 min so far');
  });

  it('says so when there is none', () => {
    render(<IncidentList incidents={[]} />);
    expect(screen.getByText('No incidents')).toBeVisible();
  });

  it('says that it is loading, could not be read, or is the last known', () => {
    const { container, rerender } = render(<IncidentList incidents={null} {...fixed} />);
    expect(container).toHaveTextContent('Loading');
    rerender(<IncidentList incidents={undefined} error="It is busy." {...fixed} />);
    expect(container.textContent).toBe('It is busy.');
    rerender(<IncidentList incidents={[incident()]} error="It is busy." {...fixed} />);
    expect(container).toHaveTextContent(/^It is busy\.Critical/);
    rerender(<IncidentList incidents={[incident()]} stale {...fixed} />);
    expect(container).toHaveTextContent(/^Last known value\.Critical/);
    expect(container.firstElementChild).toHaveAttribute('data-stale');
  });

  it.each([
    ['has incidents', { incidents: [incident()] }, 'ready'],
    ['has none', { incidents: [] }, 'empty'],
    ['is loading', { incidents: null }, 'loading'],
    ['could not be read', { incidents: null, error: 'It is busy.' }, 'error'],
  ])('passes ref, class name and DOM props to its element while it %s', (_case, given, state) => {
    const ref = createRef<HTMLDivElement>();
    const { container } = render(
      <IncidentList {...fixed} {...{ ref, className: 'mine', id: 'past', 'data-x': '1' }} {...given} />,
    );
    expect(ref.current).toBe(container.firstElementChild);
    expect(ref.current).toHaveClass('fd-incidents', 'mine');
    expect(ref.current).toHaveAttribute('id', 'past');
    expect(ref.current).toHaveAttribute('data-x', '1');
    expect(ref.current).toHaveAttribute('data-state', state);
  });

  it('names the list itself, by a text or by an element of the page', () => {
    const { rerender } = render(
      <IncidentList {...fixed} incidents={[incident()]} aria-label="Incidents of postgres" />,
    );
    expect(screen.getByRole('list', { name: 'Incidents of postgres' })).toBeInTheDocument();
    rerender(
      <>
        <h2 id="heading">What happened</h2>
        <IncidentList {...fixed} incidents={[incident()]} aria-labelledby="heading" />
      </>,
    );
    expect(screen.getByRole('list', { name: 'What happened' })).toBeInTheDocument();
  });

  it('has no English word left in another language', () => {
    const { container } = render(
      <IncidentList
        {...fixed}
        {...{ locale: 'ja', messages: pseudoMessages }}
        incidents={[incident({ reason: null })]}
      />,
    );
    expect(container.textContent).not.toMatch(/[a-z]{2,}/i);
  });
});
