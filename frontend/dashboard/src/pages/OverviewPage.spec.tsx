import { act, render, screen, within } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { FleetdeckProvider } from '@fleetdeck/react';
import { FakeService, ok, refusal } from '../testing/fake-service.ts';
import { fakeMarks, fakeTime, pass, setVisible } from '../testing/page.ts';
import { component, NOW, recent, recentAnswer, report, timeline } from '../testing/samples.ts';
import { OverviewPage } from './OverviewPage.tsx';

const CPU = 'fleetdeck_process_cpu_percent';
const MEMORY = 'fleetdeck_process_memory_bytes';

let service: FakeService;
let marks: string[];

function open(): void {
  render(
    <FleetdeckProvider socket={service.socket} http={service.http}>
      <OverviewPage http={service.http} />
    </FleetdeckProvider>,
  );
}

const card = (title: string) => screen.getByRole('group', { name: title });

beforeEach(() => {
  fakeTime(NOW);
  service = new FakeService();
  marks = fakeMarks();
});
afterEach(() => {
  act(() => service.socket.close());
  jest.restoreAllMocks();
  jest.useRealTimers();
});

describe('OverviewPage', () => {
  it('shows every card as awaited before the first answer', async () => {
    for (const path of ['/metrics/recent', '/metrics/names', '/health', '/health/timeline'])
      service.answers.set(`GET ${path}`, 'never');
    open();
    // The socket is there before: what it tells must not come when the test is over.
    await pass(0);
    expect(screen.getByRole('heading', { level: 1, name: 'Overview' })).toBeVisible();
    for (const section of ['Service', 'Host', 'PostgreSQL'])
      expect(screen.getByRole('region', { name: section })).toBeVisible();
    expect(card('CPU')).toHaveAttribute('aria-busy', 'true');
    expect(screen.getByRole('region', { name: 'Health' })).toHaveTextContent('Loading…');
    expect(marks).toEqual([]);
  });

  it('shows values, the health that goes with them, and goes on live', async () => {
    service.answers.set(
      'GET /metrics/recent',
      ok(recentAnswer(recent(CPU, 12), recent(MEMORY, 800), recent('fleetdeck_host_cpu_percent', 40))),
    );
    service.answers.set('GET /health', ok(report({ memory: component({ status: 'degraded' }) })));
    open();
    await pass(100);
    expect(card('CPU')).toHaveTextContent(/12 ?%/);
    expect(card('Memory')).toHaveAttribute('data-tone', 'degraded');
    expect(card('Memory in use')).toHaveTextContent('No data');

    service.publish(`metrics.${CPU}`, {
      ...{ metricName: CPU, labels: {}, value: 34 },
      at: new Date(NOW + 1000).toISOString(),
    });
    await pass(100);
    expect(card('CPU')).toHaveTextContent(/34 ?%/);
  });

  it('shows the 95th percentile of the latency of each replica, and leads to the past of each value', async () => {
    const LATENCY = 'fleetdeck_http_request_duration_ms';
    service.answers.set('GET /metrics/recent', ok(recentAnswer(recent(LATENCY, 7, [{ node: 'one' }]))));
    const bucket = (value: number) => ({ start: new Date(NOW).toISOString(), value, coverage: null });
    const result = { metricName: LATENCY, aggregation: 'p95', unit: 'ms', labels: {}, points: [bucket(42)] };
    service.answers.set(
      'GET /metrics/query',
      ok({ results: [{ ...result, asOf: new Date(NOW).toISOString(), position: null }] }),
    );
    open();
    await pass(100);
    expect(card('Request latency, p95')).toHaveTextContent(/42 ?ms/);
    const asked = service.asked.filter(({ path }) => path === '/metrics/query');
    // Of this replica from the first time on: nothing is asked before it is known.
    for (const { query } of asked) expect(query.getAll('labels')).toEqual(['node:one']);
    expect(asked.at(-1)?.query.getAll('aggregation')).toEqual(['p95']);
    expect(screen.getByRole('link', { name: 'History of Request latency, p95' })).toHaveAttribute(
      'href',
      `/metric/${LATENCY}?label=node%3Aone`,
    );
  });

  it('draws a group for each replica', async () => {
    const nodes = [{ node: 'a' }, { node: 'b' }];
    service.answers.set('GET /metrics/recent', ok(recentAnswer(recent(CPU, 12, nodes))));
    open();
    await pass(100);
    for (const name of ['Service, a', 'Service, b']) {
      const group = screen.getByRole('region', { name });
      expect(within(group).getByRole('group', { name: 'CPU' })).toHaveTextContent(/12 ?%/);
    }
  });

  it.each([
    ['again and again when several replicas report, since each broadcasts only its own', ['a', 'b'], 4],
    ['once when a single one does', ['a'], 1],
  ])('reads the values %s', async (_what, names, times) => {
    const nodes = names.map((node) => ({ node }));
    service.answers.set('GET /metrics/recent', ok(recentAnswer(recent(CPU, 12, nodes))));
    open();
    await pass(100);
    for (let second = 0; second < 9; second += 1) await pass(1000);
    expect(service.count('GET /metrics/recent')).toBe(times);
  });

  it('counts every component but the informational ones', async () => {
    service.answers.set(
      'GET /health',
      ok(
        report({
          postgres: component(),
          disk: component({ status: 'critical' }),
          broker: component({ status: 'unknown', criticality: 'informational' }),
        }),
      ),
    );
    open();
    await pass(100);
    const title = screen.getByRole('heading', { level: 1 }).parentElement;
    expect(title).toHaveTextContent('1 critical, 1 healthy');
    expect(title).not.toHaveTextContent('unknown');
  });

  it('counts a component whose checks are overdue as unknown, whatever it was', async () => {
    const overdue = component({ checkedAt: new Date(NOW - 600_000).toISOString() });
    service.answers.set('GET /health', ok(report({ postgres: overdue, disk: component() })));
    open();
    await pass(100);
    const title = screen.getByRole('heading', { level: 1 }).parentElement;
    expect(title).toHaveTextContent('1 unknown, 1 healthy');
  });

  it('marks the first value, once', async () => {
    service.answers.set('GET /metrics/recent', ok(recentAnswer(recent(CPU, null))));
    open();
    await pass(100);
    expect(marks).toEqual([]);
    for (const second of [1, 2, 3]) {
      service.publish(`metrics.${CPU}`, {
        ...{ metricName: CPU, labels: {}, value: second },
        at: new Date(NOW + second * 1000).toISOString(),
      });
      await pass(100);
    }
    expect(card('CPU')).toHaveTextContent(/3 ?%/);
    expect(marks).toEqual(['fleetdeck:first-value']);
    open();
    await pass(100);
    expect(marks).toEqual(['fleetdeck:first-value']);
  });

  it('keeps the last values when a later read fails, and says why', async () => {
    service.answers.set('GET /metrics/recent', ok(recentAnswer(recent(CPU, 12))));
    service.answers.set('GET /health', ok(report({ postgres: component() })));
    open();
    await pass(100);
    service.answers.set('GET /metrics/recent', refusal('INTERNAL', 'Something broke.'));
    service.answers.set('GET /health', refusal('INTERNAL', 'Something broke.'));
    await pass(15_000);
    expect(screen.getByText(/Something broke\. Shown is what was known before\./)).toBeVisible();
    expect(screen.getByRole('rowheader', { name: 'postgres' })).toBeVisible();

    act(() => service.closeSocket('OVERLOADED'));
    await pass(5_000);
    await pass(100);
    expect(card('CPU')).toHaveTextContent('Last known value. Something broke.');
    expect(card('CPU')).toHaveTextContent(/12 ?%/);
  });

  it('goes on with the values and the past by itself after a database was away for long', async () => {
    const away = refusal('DATABASE_UNAVAILABLE', 'The database does not answer.');
    service.answers.set('GET /metrics/recent', away);
    service.answers.set('GET /health', ok(report({ postgres: component() })));
    service.answers.set('GET /health/timeline', ok({ ...timeline('postgres'), complete: false }));
    open();
    for (let minute = 0; minute < 9; minute += 1) await pass(60_000);
    expect(card('CPU')).toHaveTextContent('The database does not answer.');
    expect(screen.getByText(/^Not all of the last 24 hours can be read/)).toBeVisible();

    service.answers.set('GET /metrics/recent', ok(recentAnswer(recent(CPU, 12))));
    service.answers.set('GET /health/timeline', ok(timeline('postgres')));
    await pass(20_000);
    expect(card('CPU')).toHaveTextContent(/12 ?%/);
    expect(screen.queryByText(/^Not all of the last 24 hours/)).toBeNull();
  });

  it('reads the health again now and then, not in a hidden tab, and at once when it is shown again', async () => {
    const asked = () => service.count('GET /health');
    open();
    await pass(0);
    await pass(30_000);
    expect(asked()).toBe(3);
    setVisible(false);
    await pass(60_000);
    expect(asked()).toBe(3);
    setVisible(true);
    await pass(0);
    expect(asked()).toBe(4);
  });
});
