/** @jest-environment node */
import { renderToString } from 'react-dom/server.node';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { describe, expect, it } from '@jest/globals';
import type { HealthReport } from '@fleetdeck/dto';
import {
  ConnectionStatus,
  ContextSelector,
  FleetdeckProvider,
  HealthStrip,
  IncidentList,
  MetricsCard,
  StatusBadge,
  StatusSummary,
  useContextSelector,
  useHealth,
  useHealthHistory,
  useHealthTimeline,
  useMetrics,
  usePageClock,
  useTopic,
  useWebSocket,
} from './index.ts';
import { useTopicQuery } from './query.ts';
import { ContextStore } from '@fleetdeck/client';
import { fleet } from './testing/contexts.ts';
import { FakeHttp, FakeSocket } from './testing/fakes.ts';
import { bucketsOf, incident } from './testing/past.ts';

function Hooks() {
  const { state } = useWebSocket();
  const { data: values } = useTopic('system');
  const metrics = useMetrics(['cpu']);
  const health = useHealth();
  const past = [useHealthTimeline().state, useHealthHistory('db').state];
  return (
    <p>
      {[usePageClock(), state, values.size, metrics.state, health.state, metrics.series.length, ...past].join(
        ' ',
      )}
    </p>
  );
}

describe('on a server', () => {
  it('components render without a provider, and nothing is stale', () => {
    const html = renderToString(
      <>
        <StatusBadge status="healthy" asOf={0} staleAfterMs={1} since={0} timeZone="UTC" />
        <StatusSummary statuses={['healthy', 'failed']} />
        <HealthStrip subject="db" buckets={bucketsOf('hc')} from={0} bucketMs={1000} timeZone="UTC" />
        <IncidentList incidents={[incident()]} timeZone="UTC" />
        <ConnectionStatus state="offline" since={0} nextAttemptAt={5} timeZone="UTC" />
        <MetricsCard title="CPU" value={0} asOf={0} staleAfterMs={1} points={[{ start: '', value: 1 }]} />
      </>,
    );
    expect(html).toContain('Healthy');
    expect(html).toContain('since 00:00');
    expect(html).toContain('Offline since 00:00:00');
    expect(html).not.toContain('data-stale');
  });

  it('hooks render what they know before anything was read, and start nothing', () => {
    const socket = new FakeSocket();
    const http = new FakeHttp();
    const html = renderToString(
      <FleetdeckProvider socket={socket} http={http}>
        <Hooks />
      </FleetdeckProvider>,
    );
    expect(html).toContain('0 live 0 loading loading 0 loading loading');
    expect(http.asked).toEqual([]);
    expect(socket.topics).toEqual([]);
  });

  it('a query with a topic is pending, and starts nothing', () => {
    const socket = new FakeSocket();
    const http = new FakeHttp();
    const Health = () => {
      const { status, topicStatus } = useTopicQuery({
        queryKey: ['health'],
        queryFn: () => http.get<HealthReport>('/health'),
        topic: 'health',
        reduce: (report) => report,
        socket,
      });
      return <p>{`${status} ${topicStatus}`}</p>;
    };
    const html = renderToString(
      <QueryClientProvider client={new QueryClient()}>
        <Health />
      </QueryClientProvider>,
    );
    expect(html).toBe('<p>pending waiting</p>');
    expect(http.asked).toEqual([]);
    expect(socket.topics).toEqual([]);
  });

  it('no context is known, whatever the store says, so that the page begins as it was drawn', () => {
    const store = new ContextStore({ app: 'shop', defaultId: 'billing-03' });
    const seen: unknown[] = [];
    function Page() {
      const { context, selectorProps } = useContextSelector(store);
      seen.push(context);
      return <ContextSelector label="Agent" options={fleet} {...selectorProps} />;
    }
    expect(renderToString(<Page />)).toContain('>All</span>');
    expect(seen).toEqual([undefined]);
  });

  it('useContextSelector says what to add where there is no store', () => {
    function Page() {
      useContextSelector();
      return null;
    }
    expect(() => renderToString(<Page />)).toThrow('useContextSelector needs a store');
  });
});
