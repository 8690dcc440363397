import { act, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { FakeService, ok, refusal } from '../../testing/fake-service.ts';
import { fakeTime, pass } from '../../testing/page.ts';
import { descriptor, NOW } from '../../testing/samples.ts';
import { MetricsPage } from './MetricsPage.tsx';

let service: FakeService;

async function open(): Promise<void> {
  render(<MetricsPage http={service.http} />);
  await pass(0);
}

const links = () => screen.queryAllByRole('link').map(({ textContent }) => textContent);
const search = (text: string): void => {
  fireEvent.change(screen.getByRole('searchbox', { name: 'Search' }), { target: { value: text } });
};

beforeEach(() => {
  fakeTime(NOW);
  service = new FakeService();
});
afterEach(() => {
  act(() => service.socket.close());
  jest.useRealTimers();
});

describe('MetricsPage', () => {
  it('lists every metric with its meaning, kind and unit, and leads to its past', async () => {
    const metrics = [
      descriptor('latency_ms', { kind: 'distribution', unit: 'ms', help: 'How long.' }),
      descriptor('orders', { unit: '1' }),
    ];
    service.answers.set('GET /metrics/names', ok({ metrics }));
    await open();
    expect(screen.getByRole('link', { name: 'latency_ms' })).toHaveAttribute('href', '/metric/latency_ms');
    expect(screen.getByText('How long.')).toBeVisible();
    expect(screen.getByText('distribution, ms')).toBeVisible();
    expect(screen.getByText('gauge')).toBeVisible();
    expect(screen.getByRole('status')).toHaveTextContent('2');
  });

  it('finds by words of the name and the meaning, and says when there is none', async () => {
    const metrics = [descriptor('http_latency', { help: 'Of requests.' }), descriptor('disk_latency')];
    service.answers.set('GET /metrics/names', ok({ metrics }));
    await open();
    search('REQUESTS latency');
    expect(links()).toEqual(['http_latency']);
    expect(screen.getByRole('status')).toHaveTextContent('1 of 2');
    search('tape');
    expect(links()).toEqual([]);
    fireEvent.click(screen.getByRole('button', { name: 'Show all' }));
    expect(links()).toHaveLength(2);
  });

  it('shows a bounded number of rows and says how many there are beside them', async () => {
    const metrics = Array.from({ length: 203 }, (_, index) => descriptor(`m${index}`));
    service.answers.set('GET /metrics/names', ok({ metrics }));
    await open();
    expect(links()).toHaveLength(200);
    expect(screen.getByText('3 more; search for a part of the name.')).toBeVisible();
  });

  it('says that there is none yet, and shows the first one soon after it was reported', async () => {
    await open();
    expect(screen.getByText('Nobody has reported a value yet.')).toBeVisible();
    service.answers.set('GET /metrics/names', ok({ metrics: [descriptor('orders')] }));
    await pass(10_000);
    expect(links()).toEqual(['orders']);
  });

  it('keeps what it knew when the list cannot be read, and tries again when asked to', async () => {
    service.answers.set('GET /metrics/names', ok({ metrics: [descriptor('orders')] }));
    await open();
    service.answers.set('GET /metrics/names', refusal('DATABASE_UNAVAILABLE', 'The database is away.'));
    await pass(19_000);
    expect(screen.getByText(/The database is away. Shown is what was known before./)).toBeVisible();
    expect(links()).toEqual(['orders']);
    service.answers.set('GET /metrics/names', ok({ metrics: [descriptor('orders')] }));
    fireEvent.click(screen.getByRole('button', { name: /Try again/ }));
    await pass(0);
    expect(screen.queryByText(/The database is away/)).toBeNull();
  });
});
