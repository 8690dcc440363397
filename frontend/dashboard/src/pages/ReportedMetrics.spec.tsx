import { act, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { FleetdeckProvider } from '@fleetdeck/react';
import { FakeService, ok, refusal } from '../testing/fake-service.ts';
import { fakeTime, pass, setVisible } from '../testing/page.ts';
import { descriptor, NOW, recent, recentAnswer } from '../testing/samples.ts';
import { ReportedMetrics } from './ReportedMetrics.tsx';

let service: FakeService;

/** Lets the service know these metrics, with a value for each of their labels. */
function store(names: readonly string[], labels: readonly Record<string, string>[] = [{}]): void {
  service.answers.set('GET /metrics/names', ok({ metrics: names.map((name) => descriptor(name)) }));
  service.answers.set('GET /metrics/recent', () => {
    const wanted = service.asked.at(-1)?.query.getAll('metricName') ?? [];
    return ok(recentAnswer(...wanted.map((name) => recent(name, 7, labels))));
  });
}

function open(): { unmount: () => void } {
  return render(
    <FleetdeckProvider socket={service.socket} http={service.http}>
      <ReportedMetrics http={service.http} />
    </FleetdeckProvider>,
  );
}

const asked = () => service.count('GET /metrics/names');
const cards = () => screen.queryAllByRole('group');

beforeEach(() => {
  fakeTime(NOW);
  service = new FakeService();
});
afterEach(() => {
  act(() => service.socket.close());
  jest.restoreAllMocks();
  jest.useRealTimers();
});

describe('ReportedMetrics', () => {
  it('shows nothing while only Fleetdeck itself reports', async () => {
    store(['fleetdeck_process_cpu_percent']);
    open();
    await pass(0);
    expect(screen.queryByRole('region')).toBeNull();
    expect(service.count('GET /metrics/recent')).toBe(0);
  });

  it('shows a metric soon after somebody reported it', async () => {
    open();
    await pass(0);
    store(['fleetdeck_process_cpu_percent', 'orders_open']);
    await pass(10_000);
    await pass(100);
    expect(screen.getByRole('group', { name: 'orders_open' })).toHaveTextContent('7');
    expect(screen.getByRole('region', { name: 'Reported' })).toBeVisible();
    expect(cards()).toHaveLength(1);
    expect(service.asked.at(-1)?.query.getAll('metricName')).toEqual(['orders_open']);
  });

  it('tells the series of one metric apart by their labels', async () => {
    store(['orders_open'], [{ shop: 'lisbon' }, { shop: 'porto' }]);
    open();
    await pass(100);
    await pass(100);
    expect(screen.getByRole('group', { name: 'orders_open (shop porto)' })).toBeVisible();
    expect(cards()).toHaveLength(2);
  });

  it('does not read again when the names are the same', async () => {
    store(['orders_open']);
    open();
    await pass(0);
    await pass(30_000);
    expect(asked()).toBe(4);
    expect(service.count('GET /metrics/recent')).toBe(1);
  });

  it('shows a bounded number of cards and says how many there are beside them', async () => {
    store(Array.from({ length: 53 }, (_, index) => `orders_${index}`));
    open();
    await pass(100);
    await pass(100);
    expect(cards()).toHaveLength(24);
    expect(screen.getByText(/^29 more are stored but not shown here/)).toBeVisible();
  });

  it('says nothing of more when all are shown', async () => {
    store(Array.from({ length: 24 }, (_, index) => `orders_${index}`));
    open();
    await pass(100);
    await pass(100);
    expect(cards()).toHaveLength(24);
    expect(screen.queryByText(/more are stored/)).toBeNull();
  });

  it('keeps the names it knows when they cannot be read', async () => {
    store(['orders_open']);
    open();
    await pass(0);
    service.answers.set('GET /metrics/names', refusal('INTERNAL'));
    await pass(20_000);
    expect(screen.getByRole('group', { name: 'orders_open' })).toBeVisible();
  });

  it('shows values by itself after they could not be read for long', async () => {
    store(['orders_open']);
    const values = service.answers.get('GET /metrics/recent') ?? 'never';
    service.answers.set('GET /metrics/recent', refusal('DATABASE_UNAVAILABLE'));
    open();
    for (let minute = 0; minute < 9; minute += 1) await pass(60_000);
    expect(cards()).toHaveLength(0);
    service.answers.set('GET /metrics/recent', values);
    await pass(20_000);
    expect(screen.getByRole('group', { name: 'orders_open' })).toHaveTextContent('7');
  });

  it('does not ask in a hidden tab, and at once when it is shown again', async () => {
    open();
    await pass(0);
    setVisible(false);
    await pass(60_000);
    expect(asked()).toBe(1);
    setVisible(true);
    await pass(0);
    expect(asked()).toBe(2);
  });

  it('asks no more once it is left', async () => {
    service.answers.set('GET /metrics/names', 'never');
    const { unmount } = open();
    await pass(0);
    unmount();
    await pass(0);
    expect(jest.getTimerCount()).toBe(0);
    setVisible(true);
    expect(asked()).toBe(1);
  });
});
