import { render, screen, within } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { ComponentHealth } from '@fleetdeck/dto';
import { FleetdeckProvider, type FleetdeckProviderProps, type HealthState } from '@fleetdeck/react';
import { fakeTime, pass } from '../testing/page.ts';
import { component, NOW, report } from '../testing/samples.ts';
import { HealthTable } from './HealthTable.tsx';

function open(health: Partial<HealthState>, provider: Omit<FleetdeckProviderProps, 'children'> = {}): void {
  const whole: HealthState = {
    state: 'live',
    error: null,
    report: null,
    refetch: () => undefined,
    ...health,
  };
  render(
    <FleetdeckProvider timeZone="UTC" now={() => Date.now()} {...provider}>
      <HealthTable health={whole} />
    </FleetdeckProvider>,
  );
}

const openWith = (components: Record<string, ComponentHealth>): void => open({ report: report(components) });
const row = (name: RegExp | string) => screen.getByRole('rowheader', { name }).closest('tr') as HTMLElement;
const names = () => screen.getAllByRole('rowheader').map(({ textContent }) => textContent.split(' ')[0]);
const ago = (ms: number): string => new Date(NOW - ms).toISOString();

beforeEach(() => fakeTime(NOW));
afterEach(() => {
  jest.useRealTimers();
});

describe('HealthTable', () => {
  it('lists the worst first, then by name, and what is only informational last', () => {
    openWith({
      postgres: component(),
      broker: component({ status: 'unknown', criticality: 'informational' }),
      disk: component({ status: 'degraded' }),
      memory: component({ status: 'critical' }),
      cpu: component({ status: 'critical' }),
      'event-loop': component(),
    });
    expect(names()).toEqual(['cpu', 'memory', 'disk', 'event-loop', 'postgres', 'broker']);
  });

  it('says how a component is, since when, how long its check took and why', () => {
    openWith({
      postgres: component({ status: 'critical', reason: 'It does not answer.', latencyMs: 512 }),
    });
    const shown = row('postgres');
    expect(shown).toHaveAttribute('data-tone', 'critical');
    expect(shown).toHaveTextContent('Critical');
    for (const text of ['11:00:00', '512 ms', '2 sec. ago', 'It does not answer.'])
      expect(within(shown).getByText(text)).toBeVisible();
  });

  it('names how much a component matters unless it is critical', () => {
    openWith({ postgres: component(), cache: component({ criticality: 'optional' }) });
    expect(row('postgres')).not.toHaveTextContent(/optional|critical/);
    expect(row('cache optional')).toBeVisible();
  });

  it('writes times in the zone, hours and language of the page', () => {
    const health = { report: report({ postgres: component() }) };
    open(health, { timeZone: 'Asia/Tokyo', locale: 'de' });
    expect(row('postgres')).toHaveTextContent('20:00:00');
    expect(row('postgres')).toHaveTextContent('vor 2 Sek.');
  });

  it('adds the date when it has been so since another day', () => {
    openWith({ postgres: component({ since: ago(24 * 3_600_000) }) });
    expect(row('postgres')).toHaveTextContent('Jan 14, 12:00:00');
  });

  it('tells no times of a component that was never checked', () => {
    openWith({ postgres: component({ status: 'unknown', checkedAt: null, latencyMs: null }) });
    const cells = within(row('postgres')).getAllByRole('cell');
    expect(cells.map(({ textContent }) => textContent)).toEqual(['Unknown', '', '', '', '']);
  });

  it('does not show a check from the future as one', () => {
    openWith({ postgres: component({ checkedAt: ago(-5000) }) });
    expect(row('postgres')).toHaveTextContent('0 sec. ago');
  });

  it('does not trust a component whose checks are overdue', async () => {
    openWith({ postgres: component({ checkedAt: ago(50_000), intervalMs: 10_000 }), disk: component() });
    expect(row('postgres')).toHaveTextContent(/^Healthy/);
    await pass(1000);
    expect(row('postgres')).toHaveTextContent(/^Unknown, was Healthy/);
    expect(row('postgres')).toHaveAttribute('data-tone', 'unknown');
    expect(names()).toEqual(['postgres', 'disk']);
  });

  it('keeps what was bad above what was well when both are overdue', () => {
    const checkedAt = ago(3_600_000);
    openWith({ disk: component({ checkedAt }), postgres: component({ status: 'critical', checkedAt }) });
    expect(names()).toEqual(['postgres', 'disk']);
    expect(row('postgres')).toHaveTextContent(/^Unknown, was Critical/);
  });

  it('says that it is loading before the first report', () => {
    open({ state: 'loading' });
    expect(screen.getByRole('region', { name: 'Health' })).toHaveTextContent('Loading…');
    expect(screen.queryByRole('table')).toBeNull();
  });

  it.each([
    [new Error('The service is busy.'), 'The health report could not be read: The service is busy.'],
    [null, 'The health report could not be read: unknown error'],
  ])('says why there is no report: %p', (error, words) => {
    open({ state: 'error', error });
    expect(screen.getByText(words)).toBeVisible();
    expect(screen.queryByRole('table')).toBeNull();
  });

  it('keeps the last report when a read fails, and says so', () => {
    open({
      state: 'error',
      error: new Error('The service is busy.'),
      report: report({ postgres: component() }),
    });
    expect(screen.getByText(/The service is busy\. Shown is what was known before\./)).toBeVisible();
    expect(row('postgres')).toBeVisible();
  });
});
