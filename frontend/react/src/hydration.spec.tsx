import { act } from '@testing-library/react';
import { hydrateRoot } from 'react-dom/client';
import { ContextStore } from '@fleetdeck/client';
import { FakeTabs } from '@fleetdeck/client/testing';
import { afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { MetricTrend, TimeSeriesChart } from './charts.ts';
import {
  ConnectionStatus,
  ContextSelector,
  FleetdeckProvider,
  MetricsCard,
  ProgressTracker,
  StatusBadge,
  StatusSummary,
  Timeline,
  useContextSelector,
} from './index.ts';
import { fleet } from './testing/contexts.ts';
import { someEvents } from './testing/events.ts';
import { upgrade } from './testing/operations.ts';
import { walk } from './testing/series.ts';

const points = walk({ seed: 1, from: 3, to: 9 });
const series = [{ id: 'a', points }];
const store = new ContextStore({ app: 'shop', host: new FakeTabs().open({ context: 'billing-03' }).host });

function Page() {
  const { selectorProps } = useContextSelector(store);
  return (
    <FleetdeckProvider timeZone="Europe/Lisbon">
      <ContextSelector label="Agent" options={fleet} {...selectorProps} />
      <StatusBadge status="failed" since={0} asOf={0} staleAfterMs={1} />
      <StatusSummary statuses={['healthy', 'failed']} />
      <ConnectionStatus state="offline" since={0} nextAttemptAt={5} />
      <MetricsCard title="CPU" value={9} points={points} openable asOf={0} staleAfterMs={1} />
      <Timeline title="Events" entries={someEvents} lastSeenAt={0} asOf={0} staleAfterMs={1} />
      <ProgressTracker title="Upgrade" tracking={upgrade} asOf={0} staleAfterMs={1} />
      <TimeSeriesChart title="Load" series={series} asOf={0} staleAfterMs={1} />
      <MetricTrend title="Trend" points={points} />
    </FleetdeckProvider>
  );
}

let toServerText: (element: React.ReactNode) => string;
beforeAll(async () => {
  // The server's renderer looks for it both and uses neither for a whole page at once; jsdom has none.
  class MessageChannel {
    readonly port1 = {};
    readonly port2 = { postMessage: () => undefined };
  }
  class TextEncoder {
    encode = () => new Uint8Array();
  }
  Object.assign(globalThis, { MessageChannel, TextEncoder });
  ({ renderToString: toServerText } = await import('react-dom/server'));
});
afterEach(() => {
  jest.restoreAllMocks();
});

describe('a page that a server drew', () => {
  it('is taken over by the browser without a warning, and only then shows ages, days and the context', async () => {
    const complaints: unknown[] = [];
    jest.spyOn(console, 'error').mockImplementation((...words) => void complaints.push(words));
    jest.spyOn(console, 'warn').mockImplementation((...words) => void complaints.push(words));
    const html = toServerText(<Page />);
    expect(html).toContain('refund-07 failed its health check');
    expect(html).not.toContain('Billing 03');
    expect(html).not.toContain('data-stale');
    expect(html).not.toContain('Older');

    const root = document.createElement('div');
    root.innerHTML = html;
    document.body.append(root);
    const recovered: unknown[] = [];
    const mounted = await act(() =>
      Promise.resolve(hydrateRoot(root, <Page />, { onRecoverableError: (error) => recovered.push(error) })),
    );
    expect(recovered).toEqual([]);
    expect(complaints).toEqual([]);
    expect(root).toHaveTextContent('Billing 03');
    expect(root).toHaveTextContent('Older');
    act(() => mounted.unmount());
  });
});
