import { act, render } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createAnnouncer, type Announcer } from '../../announcer.ts';
import { FleetdeckProvider } from '../../hooks/FleetdeckProvider.tsx';
import { pseudoMessages, unmarked } from '../../testing/pseudo.ts';
import { MetricsCard } from '../metrics-card/MetricsCard.tsx';
import { StatusBadge } from './StatusBadge.tsx';

const said: string[] = [];
const announcer: Announcer = { announce: (text) => said.push(text) };

/** Badges of services whose statuses change together, as by one message of a topic. */
function badges(statuses: readonly string[], announcing = true) {
  return (
    <FleetdeckProvider announcer={announcer}>
      {statuses.map((status, index) => (
        <StatusBadge key={index} status={status} label={`service-${index}`} announce={announcing} />
      ))}
    </FleetdeckProvider>
  );
}
const all = (status: string, count: number): string[] => Array.from({ length: count }, () => status);
/** Lets what follows a render come to its end. */
const change = (work: () => void): Promise<void> => act(() => Promise.resolve(work()));
/** Shows one badge with a status after the other, and answers what was said. */
async function follow(...statuses: string[]): Promise<string[]> {
  const { rerender } = render(badges([statuses[0] ?? '']));
  for (const status of statuses) await change(() => rerender(badges([status])));
  return said;
}

beforeEach(() => {
  said.length = 0;
});
afterEach(() => {
  jest.useRealTimers();
});

describe('a StatusBadge that announces', () => {
  it('says that it became worse, by its whole name', async () => {
    expect(await follow('healthy', 'degraded', 'critical')).toEqual([
      'Degraded: service-0',
      'Critical: service-0',
    ]);
  });

  it('says nothing of how it is at first, of what gets better, or of work in progress', async () => {
    expect(await follow('critical', 'degraded', 'healthy', 'in_progress', 'healthy')).toEqual([]);
  });

  it('says when it is not known any more', async () => {
    const { rerender } = render(badges(['healthy']));
    const old = { asOf: '2026-01-15T12:00:00Z', staleAfterMs: 1000, now: '2026-01-15T12:06:00Z' };
    await change(() =>
      rerender(
        <FleetdeckProvider announcer={announcer}>
          <StatusBadge key={0} status="healthy" announce="checkout" {...old} />
        </FleetdeckProvider>,
      ),
    );
    expect(said).toEqual(['Unknown: checkout, was Healthy, 6 min. ago']);
  });

  it('is silent unless it is told to announce', async () => {
    const { rerender } = render(badges(all('healthy', 3), false));
    await change(() => rerender(badges(all('critical', 3), false)));
    expect(said).toEqual([]);
  });

  it('makes one sentence of hundreds that fail at once, and names the worst', async () => {
    const { rerender } = render(badges(all('healthy', 500)));
    const failed = all('degraded', 500);
    failed[321] = 'critical';
    await change(() => rerender(badges(failed)));
    expect(said).toEqual(['Critical: service-321; Degraded: service-0; Degraded: service-1; and 497 more']);
    await change(() => rerender(badges(all('critical', 500))));
    expect(said).toHaveLength(2);
    expect(said[1]).toMatch(/and 496 more$/);
  });

  it('speaks through the one live region of the page, however many there are', async () => {
    jest.useFakeTimers();
    const page = createAnnouncer();
    const show = (status: string) => (
      <FleetdeckProvider announcer={page}>
        {all(status, 200).map((each, index) => (
          <StatusBadge key={index} status={each} label={`service-${index}`} announce />
        ))}
      </FleetdeckProvider>
    );
    const { rerender } = render(show('healthy'));
    await change(() => rerender(show('failed')));
    act(() => jest.advanceTimersByTime(300));
    const regions = document.querySelectorAll('[aria-live],[role="status"],[role="alert"]');
    expect(regions).toHaveLength(1);
    expect(regions[0]).toHaveTextContent(
      'Failed: service-0; Failed: service-1; Failed: service-2; and 197 more',
    );
  });

  it('says no English of its own in another language', async () => {
    const show = (status: string) => (
      <FleetdeckProvider announcer={announcer} messages={pseudoMessages} locale="ja">
        {all(status, 5).map((each, index) => (
          <StatusBadge key={index} status={each} label="1" announce />
        ))}
      </FleetdeckProvider>
    );
    const { rerender } = render(show('healthy'));
    await change(() => rerender(show('failed')));
    expect(unmarked(said[0] ?? 'x').replaceAll(/[\s\d;,]/g, '')).toBe('');
  });
});

describe('a MetricsCard that announces', () => {
  it('says it when a threshold is crossed, and nothing when it is recovered', async () => {
    const thresholds = [{ status: 'degraded', above: 600 }];
    const show = (value: number) => (
      <FleetdeckProvider announcer={announcer}>
        <MetricsCard title="p95" value={value} unit="ms" thresholds={thresholds} announce />
      </FleetdeckProvider>
    );
    const { rerender } = render(show(500));
    await change(() => rerender(show(700)));
    await change(() => rerender(show(500)));
    expect(said).toEqual(['Degraded: p95, above 600 ms']);
  });
});
