import { render, screen } from '@testing-library/react';
import { describe, expect, it } from '@jest/globals';
import { FleetdeckProvider, type LiveSeries } from '@fleetdeck/react';
import { component, descriptor, liveSeries, NOW } from '../testing/samples.ts';
import { MetricCard } from './MetricCard.tsx';

const points = (...values: (number | null)[]) =>
  values.map((value, index) => ({ start: new Date(index * 5000).toISOString(), value, coverage: null }));

function card(series: LiveSeries | null, over: Partial<Parameters<typeof MetricCard>[0]> = {}): HTMLElement {
  render(
    <FleetdeckProvider timeZone="UTC" now={() => NOW}>
      <MetricCard title="CPU" series={series} state="live" error={null} {...over} />
    </FleetdeckProvider>,
  );
  return screen.getByRole('group', { name: 'CPU' });
}

describe('MetricCard', () => {
  it('shows the value with its unit and how it moved since the sparkline began', () => {
    const shown = card(liveSeries('cpu', {}, { value: 6, points: points(4, 5, 6) }));
    expect(shown).toHaveTextContent(/6 ?%/);
    expect(shown).toHaveTextContent(/50 ?%\s*worse vs 5 min ago/);
  });

  it('compares with the first value that is known when the sparkline begins with a gap', () => {
    const shown = card(liveSeries('cpu', {}, { value: 6, points: points(null, null, 3, 5, 6) }));
    expect(shown).toHaveTextContent(/100 ?%\s*worse vs 5 min ago/);
  });

  it('compares with nothing when the gap is long', () => {
    const gap = Array<null>(6).fill(null);
    expect(card(liveSeries('cpu', {}, { value: 6, points: points(...gap, 5, 6) }))).not.toHaveTextContent(
      'vs',
    );
  });

  it.each([
    ['1', /5\s*\/s/],
    ['', /5\s*\/s/],
    ['msg', /5\s*msg\/s/],
  ])('shows a counter of the unit %p as a rate', (unit, expected) => {
    const metric = descriptor('requests_total', { kind: 'counter', unit });
    expect(card(liveSeries('requests_total', {}, { metric }))).toHaveTextContent(expected);
  });

  it('shows a bare count without a unit', () => {
    const metric = descriptor('open', { unit: '1' });
    const shown = card(liveSeries('open', {}, { metric, points: [] }));
    expect(shown.querySelector('.fd-metric-unit')).toBeNull();
    expect(shown).toHaveTextContent('5');
  });

  it('shows the health that goes with it', () => {
    const health = component({ status: 'degraded', reason: 'More than half of it is in use.' });
    const shown = card(liveSeries('cpu'), { health });
    expect(shown).toHaveAttribute('data-tone', 'degraded');
    expect(shown).toHaveTextContent('More than half of it is in use.');
  });

  it('says what is wrong while the value that it goes with is not measured any more', () => {
    const outdated = liveSeries(
      'cpu',
      {},
      { asOf: new Date(NOW - 60_000).toISOString(), staleAfterMs: 5000 },
    );
    const health = component({ status: 'critical', reason: 'It does not answer.' });
    const shown = card(outdated, { health });
    expect(shown).toHaveAttribute('data-tone', 'critical');
    expect(shown).toHaveTextContent(/Critical.*5 ?%.*Last known value\. Measured at 11:59:00\./);
    expect(shown).toHaveTextContent('It does not answer.');
  });

  it.each([
    ['well', { status: 'healthy' }],
    ['not known any more', { status: 'critical', checkedAt: new Date(NOW - 600_000).toISOString() }],
  ] as const)('is as unknown as its outdated value when its component is %s', (_what, over) => {
    const outdated = liveSeries(
      'cpu',
      {},
      { asOf: new Date(NOW - 60_000).toISOString(), staleAfterMs: 5000 },
    );
    const shown = card(outdated, { health: component(over) });
    expect(shown).toHaveAttribute('data-tone', 'unknown');
    expect(shown).toHaveTextContent(/last seen 11:59:00/);
  });

  it.each([
    ['loading', 'loading', 'Loading'],
    ['live', 'empty', 'No data'],
    ['stale', 'empty', 'No data'],
  ] as const)('without a series says in the state %p that it is %p', (state, expected, words) => {
    const shown = card(null, { state });
    expect(shown).toHaveAttribute('data-state', expected);
    expect(shown).toHaveTextContent(words);
  });

  it('awaits the first value of a series that has none', () => {
    expect(card(liveSeries('cpu', {}, { value: null }), { state: 'loading' })).toHaveAttribute(
      'aria-busy',
      'true',
    );
  });

  it('keeps the last value when the read failed, and says why', () => {
    const shown = card(liveSeries('cpu'), { state: 'error', error: new Error('The service is away.') });
    expect(shown).toHaveTextContent(/5 ?%/);
    expect(shown).toHaveTextContent('Last known value. The service is away.');
  });
});
