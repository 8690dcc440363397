import { useLayoutEffect } from 'react';
import { act, render } from '@testing-library/react';
import { hydrateRoot } from 'react-dom/client';
import { ContextStore } from '@fleetdeck/client';
import { FakeTabs } from '@fleetdeck/client/testing';
import { afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { MetricTrend, TimeSeriesChart } from './charts.ts';
import {
  ConnectionStatus,
  ContextSelector,
  FleetdeckProvider,
  HealthStrip,
  IncidentList,
  MetricsCard,
  ProgressTracker,
  StatusBadge,
  StatusSummary,
  Timeline,
  useContextSelector,
  useTimeFormat,
} from './index.ts';
import { fleet } from './testing/contexts.ts';
import { someEvents } from './testing/events.ts';
import { upgrade } from './testing/operations.ts';
import { bucketsOf, incident } from './testing/past.ts';
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

const AT = Date.parse('2026-01-15T14:07:12Z');

function OwnTime() {
  return <p>Own {useTimeFormat().time(AT)}</p>;
}

/** All that writes a time, in a zone that nobody gave. */
function Times() {
  return (
    <>
      <StatusBadge status="failed" since={AT} />
      <StatusBadge status="failed" since={AT} compact />
      <ConnectionStatus state="offline" since={AT} />
      <HealthStrip subject="db" buckets={bucketsOf('hc')} from={AT} bucketMs={60_000} />
      <IncidentList incidents={[incident()]} />
      <MetricsCard title="CPU" value={9} points={points} asOf={AT} staleAfterMs={1} />
      <Timeline title="Events" entries={someEvents} lastSeenAt={AT} />
      <ProgressTracker title="Upgrade" tracking={upgrade} />
      <TimeSeriesChart title="Load" series={series} markers={[{ at: AT, label: '2.5.0' }]} />
      <OwnTime />
    </>
  );
}

const withinProvider = (
  <FleetdeckProvider>
    <Times />
  </FleetdeckProvider>
);

/** Where this machine is, for whom asks without a zone, also of a formatter that was made before. */
let machineZone = 'UTC';
const RealFormat = Intl.DateTimeFormat;
function beTravelling(): void {
  jest.spyOn(Intl, 'DateTimeFormat').mockImplementation(((
    locale?: string,
    options: Intl.DateTimeFormatOptions = {},
  ) => {
    const real = () => new RealFormat(locale, { ...options, timeZone: options.timeZone ?? machineZone });
    return {
      format: (at?: number) => real().format(at),
      formatToParts: (at?: number) => real().formatToParts(at),
      resolvedOptions: () => real().resolvedOptions(),
    };
  }) as never);
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

  it.each([
    ['within a provider without a zone', withinProvider],
    ['without a provider', <Times key="alone" />],
  ])('in another zone than the browser is taken over without a warning, %s', async (_, page) => {
    beTravelling();
    const complaints: unknown[] = [];
    jest.spyOn(console, 'error').mockImplementation((...words) => void complaints.push(words));
    machineZone = 'America/New_York';
    const root = document.createElement('div');
    root.innerHTML = toServerText(page);
    document.body.append(root);
    expect(root).toHaveTextContent('Offline since 14:07:12');

    machineZone = 'Asia/Tokyo';
    const mounted = await act(() =>
      Promise.resolve(
        hydrateRoot(root, page, { onRecoverableError: (error) => complaints.push(String(error)) }),
      ),
    );
    expect(complaints).toEqual([]);
    expect(root).toHaveTextContent('Offline since Jan 15, 23:07:12');
    expect(root).toHaveTextContent('Asia/Tokyo');
    expect(root).toHaveTextContent('Own Jan 15, 23:07:12');
    act(() => mounted.unmount());
    root.remove();
  });
});

describe('a page that no server drew', () => {
  it("has the times of the machine's zone from the first", () => {
    beTravelling();
    machineZone = 'Asia/Tokyo';
    const first: (string | null)[] = [];
    function Watched() {
      useLayoutEffect(() => void first.push(document.body.textContent), []);
      return withinProvider;
    }
    const { unmount } = render(<Watched />);
    expect(first).toHaveLength(1);
    expect(first[0]).toContain('Offline since Jan 15, 23:07:12');
    expect(first[0]).toContain('Own Jan 15, 23:07:12');
    unmount();
  });
});
