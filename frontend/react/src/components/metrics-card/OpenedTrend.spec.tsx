import { act, render } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { englishCharts } from '../../messages/charts.ts';

let online = false;
jest.unstable_mockModule('./CardTrend.tsx', () => {
  if (!online) throw new TypeError('Failed to fetch dynamically imported module');
  return { CardTrend: () => 'the trend' };
});
const { OpenedTrend, preloadTrend } = await import('./OpenedTrend.tsx');

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

it('says that the trend of a card cannot be loaded, and shows it once it can be', async () => {
  preloadTrend();
  const props = { title: 'Queue', unit: undefined, format: undefined, points: [], thresholds: [] };
  const { container } = render(
    <OpenedTrend
      {...props}
      asOf={null}
      staleAfterMs={null}
      stale={false}
      words={englishCharts}
      write={String}
    />,
  );
  await act(() => jest.advanceTimersByTimeAsync(0));
  expect(container).toHaveTextContent(englishCharts.failed);
  online = true;
  await act(() => jest.advanceTimersByTimeAsync(30_000));
  expect(container).toHaveTextContent('the trend');
});
