import { useEffect, useState, type ReactNode } from 'react';
import type { Meta, StoryObj } from '@storybook/react-vite';
import { expect, screen, userEvent, waitFor, within } from 'storybook/test';
import { MetricTrend } from '../charts.ts';
import { ConnectionStatus } from '../components/connection-status/ConnectionStatus.tsx';
import { ContextSelector } from '../components/context-selector/ContextSelector.tsx';
import { HealthStrip } from '../components/health-strip/HealthStrip.tsx';
import { IncidentList } from '../components/incident-list/IncidentList.tsx';
import { MetricsCard } from '../components/metrics-card/MetricsCard.tsx';
import { ProgressTracker } from '../components/progress-tracker/ProgressTracker.tsx';
import { StatusBadge } from '../components/status-badge/StatusBadge.tsx';
import { StatusSummary } from '../components/status-summary/StatusSummary.tsx';
import { Timeline } from '../components/timeline/Timeline.tsx';
import { FleetdeckProvider } from '../hooks/FleetdeckProvider.tsx';
import { useContextSelector } from '../hooks/useContextSelector.ts';
import { useWebSocket } from '../hooks/useWebSocket.ts';
import type { FleetState } from '../testing/fleet.ts';
import { FleetService, STALE_MS, useAgents, useFleet } from '../testing/liveFleet.tsx';
import { BUCKET_MS, PAST_FROM } from '../testing/past.ts';

const allOf = (state: FleetState): FleetState => state;
const panel = {
  ...{ padding: 12, border: '1px solid var(--fd-border)', borderRadius: 3, minInlineSize: 0 },
  background: 'var(--fd-surface)',
} as const;
const row = { display: 'flex', flexWrap: 'wrap', gap: '8px 16px', alignItems: 'center' } as const;
const heading = {
  ...{ margin: '0 0 8px', fontWeight: 600 },
  ...{ fontSize: 'var(--fd-text-lg)', lineHeight: 'var(--fd-text-lg-line)' },
} as const;
const columns = (min: number) =>
  ({
    ...{ display: 'grid', gap: 12, alignItems: 'start' },
    gridTemplateColumns: `repeat(auto-fit, minmax(min(${min}px, 100%), 1fr))`,
  }) as const;

const column = { display: 'grid', gap: 12, minInlineSize: 0 } as const;

function Panel({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section style={panel}>
      <h2 style={heading}>{title}</h2>
      {children}
    </section>
  );
}

function Top() {
  const { selectorProps } = useContextSelector();
  const { state, since, nextAttemptAt, lastMessageAt, reason } = useWebSocket();
  const { agents, isStale } = useAgents();
  return (
    <div style={row}>
      <div style={{ inlineSize: 'min(340px, 100%)' }}>
        <ContextSelector label="Agent" options={agents} stale={isStale} {...selectorProps} />
      </div>
      <StatusSummary statuses={agents.map(({ status }) => status)} stale={isStale} />
      <ConnectionStatus {...{ state, since, nextAttemptAt, lastMessageAt, reason }} />
    </div>
  );
}

function Queue() {
  const { context } = useContextSelector();
  const { data } = useFleet(allOf);
  const agent = data.agents.find(({ id }) => id === context);
  const { points } = agent ?? data;
  const common = { unit: 'msg', points, asOf: data.asOf, staleAfterMs: STALE_MS };
  return (
    <div style={{ display: 'grid', gap: 12 }}>
      <MetricsCard
        title="Queue depth"
        headingLevel={2}
        {...common}
        value={points.at(-1)?.value}
        baseline={points[0]?.value}
        baselineLabel="5 min"
        goodDirection="down"
        status={agent?.status}
        reason={agent?.reason}
        footer={agent?.label ?? 'all agents'}
      />
      <div style={panel}>
        <MetricTrend title="Queue depth over time" {...common} height={160} />
      </div>
    </div>
  );
}

function Agents() {
  const { data, isStale } = useFleet(allOf);
  return (
    <Panel title="Agents">
      <ul style={{ margin: 0, padding: 0, listStyle: 'none', display: 'grid', gap: 12 }}>
        {data.agents.map((agent) => (
          <li key={agent.id} aria-label={agent.label} style={{ display: 'grid', gap: 4 }}>
            <span style={row}>
              <span>{agent.label}</span>
              <StatusBadge
                status={agent.status}
                since={agent.since}
                reason={agent.reason}
                asOf={data.asOf}
                staleAfterMs={STALE_MS}
              />
            </span>
            <HealthStrip
              subject={agent.label}
              buckets={agent.buckets}
              from={PAST_FROM}
              bucketMs={BUCKET_MS}
              asOf={data.asOf}
              stale={isStale}
            />
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Past() {
  const { context } = useContextSelector();
  const { data, isStale } = useFleet(allOf);
  const shown = data.agents.filter(({ id }) => typeof context !== 'string' || id === context);
  const incidents = shown.flatMap((agent) => agent.incidents);
  const events = data.events.filter(({ title }) => typeof context !== 'string' || title.startsWith(context));
  return (
    <>
      <Panel title="Incidents">
        <IncidentList
          incidents={incidents.toSorted((a, b) => (a.begin < b.begin ? 1 : -1))}
          stale={isStale}
          aria-label="Incidents"
        />
      </Panel>
      <Timeline
        title="Events"
        headingLevel={2}
        entries={events}
        asOf={data.asOf}
        staleAfterMs={STALE_MS}
        height="420px"
      />
    </>
  );
}

function Operation() {
  const { data } = useFleet(allOf);
  const agent = data.agents.find(({ operation }) => operation !== null);
  return (
    <ProgressTracker
      title={`Upgrade ${agent?.label ?? ''}`}
      headingLevel={2}
      tracking={agent?.operation ?? null}
      asOf={agent?.at}
      staleAfterMs={STALE_MS}
    />
  );
}

function OperationsPage({ ticking = false }: { ticking?: boolean }) {
  const [service] = useState(() => new FleetService());
  useEffect(() => {
    service.socket.connect();
    const timer = ticking ? setInterval(service.next, 1000) : undefined;
    return () => {
      clearInterval(timer);
      service.socket.disconnect();
    };
  }, [service, ticking]);
  const levers = {
    ...{ 'Next message': service.next, 'Lose the connection': service.lose },
    ...{ 'Let a minute pass': service.wait, 'Bring it back': service.mend },
  };
  return (
    <FleetdeckProvider socket={service.socket} context={service.context} now={service.now} timeZone="UTC">
      <main style={{ display: 'grid', gap: 12 }}>
        <h1 style={{ ...heading, margin: 0 }}>Fleet</h1>
        <Top />
        <div style={columns(340)}>
          <div style={column}>
            <Queue />
            <Agents />
          </div>
          <div style={column}>
            <Operation />
            <Past />
          </div>
        </div>
        <div role="group" aria-label="The made-up service" style={row}>
          {Object.entries(levers).map(([name, pull]) => (
            <button key={name} type="button" className="fd-button" onClick={pull}>
              {name}
            </button>
          ))}
        </div>
      </main>
    </FleetdeckProvider>
  );
}

/**
 * Every component on one topic: each part follows it with a `useTopic` of its own, which costs one subscription, and
 * draws what concerns it. Nothing on the page fetches, and no part knows another.
 */
const meta = {
  title: 'Recipes/Operations page',
  component: OperationsPage,
  // Five whole pages on one page of documentation would tell nobody anything.
  tags: ['!autodocs'],
} satisfies Meta<typeof OperationsPage>;

export default meta;
type Story = StoryObj<typeof meta>;

/** What the plays below press and read. */
async function open(canvasElement: HTMLElement) {
  const page = within(canvasElement);
  await waitFor(() => expect(canvasElement.querySelector('[data-state="live"]')).not.toBeNull());
  await waitFor(() => expect(canvasElement.querySelector('.recharts-line-curve')).not.toBeNull(), {
    timeout: 5000,
  });
  return {
    ...page,
    press: async (name: string, times = 1) => {
      for (let count = 0; count < times; count += 1) {
        await userEvent.click(page.getByRole('button', { name }));
      }
    },
    part: (selector: string) => canvasElement.querySelector<HTMLElement>(selector)!,
  };
}

const opened: Story['play'] = async ({ canvasElement }) => {
  await open(canvasElement);
};

/** The page at rest. The buttons at its foot make the service go on, or break it. */
export const Default: Story = { play: opened };

/** One message a second, the same ones on every run. */
export const Live: Story = { args: { ticking: true }, play: opened };

/** The eighth message turns an agent critical: the whole page knows, each part in its way. */
export const OneMessage: Story = {
  play: async ({ canvasElement }) => {
    const page = await open(canvasElement);
    const agent = within(page.getByRole('listitem', { name: 'Checkout 01' }));
    const bars = agent.getByRole('slider');
    await page.press('Next message', 7);
    await waitFor(() => expect(agent.getByText('Degraded', { exact: false })).toBeVisible());
    await expect(page.part('.fd-summary')).not.toHaveTextContent('critical');
    const depth = page.part('.fd-metric-number').textContent;
    const percent = page.getByRole('progressbar').getAttribute('aria-valuenow');

    await page.press('Next message');

    await waitFor(() => expect(page.part('.fd-summary')).toHaveTextContent('1 critical, 1 degraded'));
    await expect(page.part('.fd-badge[data-tone="critical"]')).toHaveTextContent('3 of 4 probes fail.');
    await expect(bars).toHaveAttribute('aria-valuetext', expect.stringContaining('Critical'));
    const incidents = within(page.getByRole('list', { name: 'Incidents' }));
    await expect(incidents.getAllByRole('listitem')[0]).toHaveTextContent(/^Critical/);
    await expect(page.getByRole('button', { name: /^checkout-01 became critical/ })).toBeVisible();
    await expect(page.part('.fd-metric-number')).not.toHaveTextContent(depth);
    await expect(page.part('.fd-connection')).toHaveTextContent('Live');
    // The one before it moved the upgrade, this one did not.
    await expect(page.getByRole('progressbar')).toHaveAttribute('aria-valuenow', percent);
  },
};

/** An agent is chosen: value, line, incidents and events become those of the agent. */
export const OneContext: Story = {
  play: async ({ canvasElement }) => {
    const page = await open(canvasElement);
    await expect(page.part('.fd-metric')).toHaveTextContent('all agents');
    await userEvent.click(page.getByRole('button', { name: /^Agent/ }));
    await userEvent.click(await screen.findByRole('option', { name: /Billing 03/ }, { timeout: 5000 }));
    await waitFor(() => expect(page.part('.fd-metric')).toHaveTextContent('Billing 03'));
    await expect(page.part('.fd-metric-number')).toHaveTextContent('210');
    const events = within(page.getByRole('region', { name: 'Events' }));
    await expect(events.getByText('billing-03 deployed 1.9.2')).toBeVisible();
    await expect(events.queryByText('intake-02 provisioned')).toBeNull();
  },
};

/** The connection is lost and a minute passes: nothing pretends to be live. What was missed then comes at once. */
export const LostConnection: Story = {
  play: async ({ canvasElement }) => {
    const page = await open(canvasElement);
    await page.press('Next message');
    await page.press('Lose the connection');
    await page.press('Let a minute pass');
    await waitFor(() => expect(page.part('.fd-metric')).toHaveAttribute('data-stale'), { timeout: 4000 });
    await expect(page.part('.fd-timeline')).toHaveAttribute('data-stale');
    await expect(page.part('.fd-badge')).toHaveTextContent('Unknown');
    await expect(page.part('.fd-connection')).not.toHaveAttribute('data-state', 'live');
    await page.press('Next message', 8);
    await expect(page.part('.fd-summary')).not.toHaveTextContent('critical');
    await page.press('Bring it back');
    await waitFor(() => expect(page.part('.fd-summary')).toHaveTextContent('1 critical'), { timeout: 4000 });
    await expect(page.part('.fd-connection')).toHaveAttribute('data-state', 'live');
    await waitFor(() => expect(page.part('.fd-metric')).not.toHaveAttribute('data-stale'), { timeout: 4000 });
  },
};
