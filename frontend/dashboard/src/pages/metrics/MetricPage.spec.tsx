import { act, fireEvent, render, screen, within } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { MetricDescriptor, MetricLabels, MetricResult } from '@fleetdeck/dto';
import { FleetdeckProvider } from '@fleetdeck/react';
// Loaded at once, as fake time does not wait for a file.
import '@fleetdeck/react/charts';
import { FakeService, ok, refusal } from '../../testing/fake-service.ts';
import { fakeTime, pass, setVisible } from '../../testing/page.ts';
import { descriptor, NOW, recent, recentAnswer } from '../../testing/samples.ts';
import { MetricPage } from './MetricPage.tsx';

let service: FakeService;

const latency = descriptor('latency_ms', {
  kind: 'distribution',
  unit: 'ms',
  labels: ['node'],
  help: 'How long.',
});

/** A line of values, a minute each, up to now. */
function result(
  aggregation: MetricResult['aggregation'],
  values: readonly (number | null)[],
  labels: MetricLabels = {},
): MetricResult {
  const points = values.map((value, index) => ({
    start: new Date(NOW - (values.length - index) * 60_000).toISOString(),
    value,
    coverage: value === null ? 0 : 1,
  }));
  return {
    ...{ metricName: 'latency_ms', aggregation, unit: 'ms', labels, points },
    ...{ asOf: new Date(Date.now()).toISOString(), position: null },
  };
}

function answer(...results: MetricResult[]): void {
  service.answers.set('GET /metrics/query', ok({ results }));
}

async function open(metric: MetricDescriptor = latency, search = ''): Promise<void> {
  service.answers.set('GET /metrics/names', ok({ metrics: [metric] }));
  window.history.replaceState(null, '', `/metric/${metric.name}${search}`);
  render(
    <FleetdeckProvider socket={service.socket} http={service.http} timeZone="UTC">
      <MetricPage http={service.http} name="latency_ms" />
    </FleetdeckProvider>,
  );
  await pass(0);
  await pass(0);
}

const queries = () => service.asked.filter(({ path }) => path === '/metrics/query');
const lastQuery = () => queries().at(-1)?.query;
const chart = () => screen.getByRole('figure');
const choose = (label: string, value: string): void => {
  fireEvent.change(screen.getByLabelText(label), { target: { value } });
};

beforeEach(() => {
  fakeTime(NOW + 20_000);
  service = new FakeService();
  jest.spyOn(Element.prototype, 'getBoundingClientRect').mockReturnValue(new DOMRect(0, 0, 600, 320));
});
afterEach(() => {
  act(() => service.socket.close());
  jest.restoreAllMocks();
  jest.useRealTimers();
});

describe('MetricPage', () => {
  it('draws true percentiles of the last hour in minutes, up to the one that is over', async () => {
    answer(result('p50', [1, 2]), result('p95', [8, 9]), result('p99', [20, 30]));
    await open();
    expect(Object.fromEntries(lastQuery() ?? [])).toEqual({
      metricName: 'latency_ms',
      timeWindow: '1m',
      aggregation: 'p99',
      from: new Date(NOW - 3_600_000).toISOString(),
      to: new Date(NOW).toISOString(),
    });
    expect(lastQuery()?.getAll('aggregation')).toEqual(['p50', 'p95', 'p99']);
    for (const line of ['p50', 'p95', 'p99']) expect(chart()).toHaveTextContent(line);
    expect(chart()).toHaveAccessibleName('latency_ms, p50, p95 and p99 ms');
    expect(screen.getByText('How long.')).toBeVisible();
  });

  it('keeps what was chosen in the address, and asks for it', async () => {
    answer(result('p95', [8, 9]));
    await open();
    fireEvent.click(screen.getByLabelText('7 days'));
    choose('Show', 'avg');
    await pass(0);
    expect(window.location.search).toBe('?range=7d&show=avg');
    expect(lastQuery()?.get('timeWindow')).toBe('1h');
    expect(lastQuery()?.getAll('aggregation')).toEqual(['avg']);
    expect(Date.parse(lastQuery()?.get('to') ?? '') - Date.parse(lastQuery()?.get('from') ?? '')).toBe(
      7 * 86_400_000,
    );
    fireEvent.click(screen.getByLabelText('1 hour'));
    await pass(0);
    expect(window.location.search).toBe('?show=avg');
  });

  it('draws a line for each value of a label, the highest first', async () => {
    await open();
    answer(
      result('p95', [5], { node: 'low' }),
      result('p95', [9, null], { node: 'high' }),
      result('p95', [1]),
    );
    choose('By', 'node');
    await pass(0);
    expect(lastQuery()?.getAll('groupBy')).toEqual(['node']);
    expect(lastQuery()?.getAll('aggregation')).toEqual(['p95']);
    const names = within(chart())
      .getAllByRole('listitem')
      .map(({ textContent }) => textContent);
    expect(names.map((text) => /high|low|no node/.exec(text)?.[0])).toEqual(['high', 'low', 'no node']);
  });

  it('offers the labels that series carry where nobody declared any', async () => {
    service.answers.set('GET /metrics/recent', ok(recentAnswer(recent('latency_ms', 1, [{ shop: 'a' }]))));
    await open(descriptor('latency_ms'));
    await pass(100);
    expect(within(screen.getByLabelText('By')).getByRole('option', { name: 'shop' })).toBeInTheDocument();
  });

  it('looks only at the series that the address names, until all are wanted', async () => {
    answer(result('p95', [8]));
    await open(latency, '?label=node%3Aa%2Cb');
    expect(lastQuery()?.getAll('labels')).toEqual(['node:a,b', 'node:a,b']);
    expect(screen.getByText(/Only node a,b/)).toBeVisible();
    fireEvent.click(screen.getByRole('button', { name: 'Show all series' }));
    await pass(0);
    expect(lastQuery()?.getAll('labels')).toEqual([]);
    expect(screen.queryByText(/Only node/)).toBeNull();
  });

  it('reads on when another bucket is over', async () => {
    answer(result('p95', [8]));
    await open();
    expect(queries()).toHaveLength(1);
    await pass(41_000);
    expect(queries()).toHaveLength(2);
    expect(lastQuery()?.get('to')).toBe(new Date(NOW + 60_000).toISOString());
    await pass(300_000);
    expect(queries()).toHaveLength(7);
  });

  it('asks for nothing while the page is hidden', async () => {
    answer(result('p95', [8]));
    await open();
    setVisible(false);
    await pass(300_000);
    expect(queries()).toHaveLength(1);
    setVisible(true);
    await pass(0);
    expect(queries().length).toBeGreaterThan(1);
  });

  it('says how much of what was due is there', async () => {
    answer(result('p95', [8, null, null, null]));
    await open();
    expect(screen.getByText(/^25 % of the values that were due/)).toBeVisible();
    expect(chart()).toBeVisible();
  });

  it('says where a rate is a lower bound, each point once however many lines have it', async () => {
    const of = (node: string) => result('ratePerSecond', [1, 2, 3], { node });
    const [a, b] = [of('a'), of('b')];
    answer(a, b);
    await open({ ...latency, kind: 'counter' }, '?by=node');
    expect(screen.queryByText(/began anew/)).toBeNull();
    for (const { points } of [a, b]) Object.assign(points[1] ?? {}, { lowerBound: true });
    answer(a, b);
    await pass(60_000);
    expect(screen.getByText(/^At 1 point a count began anew.* the one drawn, or higher\.$/)).toBeVisible();
    Object.assign(a.points[0] ?? {}, { lowerBound: true });
    answer(a, b);
    await pass(60_000);
    expect(screen.getByText(/^At 2 points a count began anew/)).toBeVisible();
  });

  it('does not speak of what was due where nobody declared it, or all is there', async () => {
    answer(result('p95', [8, null]));
    await open({ ...latency, expectedEveryMs: null });
    expect(screen.queryByText(/that were due/)).toBeNull();
  });

  it('says why it could not be read, keeps what it had, and tries again', async () => {
    answer(result('p95', [8, 9]));
    await open();
    service.answers.set('GET /metrics/query', refusal('DATABASE_UNAVAILABLE', 'The database is away.'));
    await pass(60_000);
    expect(chart()).toHaveTextContent('The past could not be read: The database is away.');
    expect(within(chart()).getAllByRole('listitem').length).toBeGreaterThan(0);
    answer(result('p95', [8, 9]));
    await pass(15_000);
    expect(chart()).not.toHaveTextContent('The database is away.');
  });

  it('shows nothing of another question while the answer is awaited', async () => {
    answer(result('p95', [8, 9]));
    await open();
    service.answers.set('GET /metrics/query', 'never');
    choose('Show', 'p99');
    await pass(0);
    expect(chart()).toHaveAttribute('data-state', 'loading');
    expect(within(chart()).queryByRole('listitem')).toBeNull();
  });

  it('says that there is no such metric', async () => {
    await open(descriptor('other'));
    expect(screen.getByText(/There is no metric of this name/)).toBeVisible();
    expect(queries()).toHaveLength(0);
  });

  it('says that the metrics could not be read', async () => {
    service.answers.set('GET /metrics/names', refusal('DATABASE_UNAVAILABLE', 'The database is away.'));
    render(
      <FleetdeckProvider socket={service.socket} http={service.http}>
        <MetricPage http={service.http} name="latency_ms" />
      </FleetdeckProvider>,
    );
    await pass(9_000);
    expect(screen.getByText(/The metrics could not be read: The database is away./)).toBeVisible();
  });
});
