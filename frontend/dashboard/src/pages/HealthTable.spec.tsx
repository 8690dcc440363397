import { cleanup, fireEvent, render, screen, within } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { ComponentHealth, HealthIncident } from '@fleetdeck/dto';
import {
  FleetdeckProvider,
  type FleetdeckProviderProps,
  type HealthState,
  type HealthTimelineState,
} from '@fleetdeck/react';
import { FakeService, ok, refusal } from '../testing/fake-service.ts';
import { fakeTime, pass } from '../testing/page.ts';
import { alwaysUp, component, history, NOW, report, timeline } from '../testing/samples.ts';
import { HealthTable } from './HealthTable.tsx';

const noPast: HealthTimelineState = {
  state: 'loading',
  error: null,
  timeline: null,
  refetch: () => undefined,
};

function open(
  health: Partial<HealthState>,
  provider: Omit<FleetdeckProviderProps, 'children'> = {},
  past: Partial<HealthTimelineState> = {},
): void {
  const whole: HealthState = {
    state: 'live',
    error: null,
    report: null,
    refetch: () => undefined,
    ...health,
  };
  render(
    <FleetdeckProvider timeZone="UTC" now={() => Date.now()} {...provider}>
      <HealthTable health={whole} past={{ ...noPast, ...past }} />
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
    expect(cells.map(({ textContent }) => textContent)).toEqual(['Unknown', 'Loading', '', '', '', '']);
  });

  it('does not show a check from the future as one', () => {
    openWith({ postgres: component({ checkedAt: ago(-5000) }) });
    expect(row('postgres')).toHaveTextContent('0 sec. ago');
  });

  it('trusts a component whose checks may take longer than their interval as long as the server does', async () => {
    const slow = { intervalMs: 10_000, timeoutMs: 60_000 };
    openWith({ crawl: component({ checkedAt: ago(200_000), ...slow }) });
    expect(row('crawl')).toHaveTextContent(/^Healthy/);
    await pass(1000);
    expect(row('crawl')).toHaveTextContent(/^Unknown, was Healthy/);
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

  it('shows the last day of each component that is watched, and none of a port that is not there', () => {
    const components = {
      postgres: component(),
      'port:AuditSink': component({ criticality: 'informational' }),
    };
    open({ report: report(components) }, {}, { state: 'live', timeline: timeline('postgres') });
    const strip = within(row('postgres')).getByRole('slider');
    expect(strip).toHaveAccessibleName('postgres, last 1 day, 100% up');
    expect(within(row(/AuditSink/)).queryByRole('slider')).toBeNull();
    expect(within(row(/AuditSink/)).queryByRole('button')).toBeNull();
  });

  it('says when the past is the last known, or not known', () => {
    const health = { report: report({ postgres: component() }) };
    open(health, {}, { state: 'stale', timeline: timeline('postgres') });
    expect(screen.getByRole('slider')).toHaveAccessibleName(/Last known value/);
    cleanup();
    open(health, {}, { state: 'error', error: new Error('busy') });
    expect(row('postgres')).toHaveTextContent('not known');
  });

  it('tells of the component that is opened what happened, since when, and how much of the time it was up', async () => {
    const service = new FakeService();
    const incidents: HealthIncident[] = [
      {
        ...{ begin: ago(7_200_000), end: ago(6_480_000), durationMs: 720_000 },
        ...{ worst: 'critical', reason: 'It does not answer.' },
      },
    ];
    const uptime = {
      ...history('postgres').uptime,
      '7d': {
        percent: 99.988,
        healthyMs: 300_000_000,
        degradedMs: 0,
        criticalMs: 36_000,
        unknownMs: 300_000_000,
      },
      '30d': { ...alwaysUp, percent: null, healthyMs: 0, unknownMs: 1 },
    };
    service.answers.set(
      'GET /health/components/postgres/history',
      ok(history('postgres', { incidents, uptime })),
    );
    const past = { state: 'live', timeline: timeline('postgres') } as const;
    open({ report: report({ postgres: component() }) }, { http: service.http }, past);
    fireEvent.click(screen.getByRole('button', { name: 'postgres', expanded: false }));
    await pass(0);
    const item = within(screen.getByRole('list', { name: 'Incidents of postgres' })).getByRole('listitem');
    expect(item).toHaveTextContent('Critical10:00, for 12 minIt does not answer.');
    const figures = screen.getAllByRole('definition').map(({ textContent }) => textContent);
    expect(figures).toEqual(['100%', '100%', '99.98% of 3 days known', '— of 0 sec known']);
    fireEvent.click(screen.getByRole('button', { name: 'postgres', expanded: true }));
    expect(screen.queryByRole('list')).toBeNull();
  });

  it('reads the past of the component that is opened again, soon where it is not whole', async () => {
    const service = new FakeService();
    const path = 'GET /health/components/postgres/history';
    service.answers.set(path, ok(history('postgres', { complete: false })));
    const past = { state: 'live', timeline: timeline('postgres') } as const;
    open({ report: report({ postgres: component() }) }, { http: service.http }, past);
    fireEvent.click(screen.getByRole('button', { name: 'postgres' }));
    await pass(0);
    expect(screen.getByText(/Not all of the past can be read/)).toBeVisible();
    service.answers.set(path, ok(history('postgres')));
    await pass(15_000);
    expect(screen.queryByText(/Not all of the past can be read/)).toBeNull();
    expect(service.count(path)).toBe(2);
    await pass(59_000);
    expect(service.count(path)).toBe(2);
    await pass(1_000);
    expect(service.count(path)).toBe(3);
  });

  it('says when the strips are not whole', () => {
    const past = { state: 'live', timeline: { ...timeline('postgres'), complete: false } } as const;
    open({ report: report({ postgres: component() }) }, {}, past);
    expect(screen.getByText(/^Not all of the last 24 hours can be read at present/)).toBeVisible();
  });

  it('says when the history is not whole, not kept, or cannot be read', async () => {
    const service = new FakeService();
    const path = 'GET /health/components/postgres/history';
    service.answers.set(path, ok(history('postgres', { durable: false, complete: false })));
    const past = { state: 'live', timeline: timeline('postgres', 'disk') } as const;
    const components = { postgres: component(), disk: component() };
    open({ report: report(components) }, { http: service.http }, past);
    fireEvent.click(screen.getByRole('button', { name: 'postgres' }));
    await pass(0);
    for (const words of ['No incidents', /kept in memory only/, /Not all of the past can be read/])
      expect(screen.getByText(words)).toBeVisible();
    service.answers.set('GET /health/components/disk/history', refusal('FORBIDDEN', 'It is busy.'));
    fireEvent.click(screen.getByRole('button', { name: 'disk' }));
    await pass(0);
    expect(screen.getByText('The history could not be read: It is busy.')).toBeVisible();
  });
});
