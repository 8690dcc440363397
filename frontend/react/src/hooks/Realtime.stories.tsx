import { useEffect, useState } from 'react';
import type { Meta, StoryObj } from '@storybook/react-vite';
import { expect, userEvent, waitFor, within } from 'storybook/test';
import { WebSocketManager } from '@fleetdeck/client';
import { FakeServer, refusalOf } from '@fleetdeck/client/testing';
import { defineTopics, topic, type TopicMessage } from '@fleetdeck/dto';
import { ConnectionStatus } from '../components/connection-status/ConnectionStatus.tsx';
import { FleetdeckProvider } from './FleetdeckProvider.tsx';
import { useTopic } from './useTopic.ts';
import { useWebSocket } from './useWebSocket.ts';

const topics = defineTopics({ ticks: topic<number>({ mode: 'log' }) });

/** A page whose service can be broken, without a network. */
class Bench {
  readonly server = new FakeServer(topics);
  readonly socket = new WebSocketManager('/ws/platform', {
    topics,
    connect: this.server.connect,
    http: this.server.http,
    pollMs: 500,
    reconnectMinMs: 200,
    reconnectMaxMs: 1_000,
    hiddenHoldMs: 500,
  });
  private count = 0;

  constructor() {
    this.server.heartbeatIntervalMs = 3_600_000;
  }

  readonly publish = (): void => {
    for (let n = 0; n < 5; n += 1) this.server.publish('ticks', (this.count += 1));
  };

  readonly faults: Readonly<Record<string, () => void>> = {
    'Drop the connection': () => this.server.cut(),
    'Take the topic away': () => this.server.revoke('ticks', refusalOf('REVOKED', 'Your role has changed.')),
    'Expire the session': () => {
      this.server.refusal = refusalOf('SESSION_EXPIRED', 'Your session has expired; sign in again.');
      this.server.close(this.server.refusal);
    },
    'Read too slowly': () => this.server.reset('ticks', 'slow'),
    'Let no socket through': () => {
      this.server.unreachable = true;
      this.server.cut();
    },
    'Lose the log': () => {
      this.server.restart('ticks');
      this.server.cut();
    },
    'Hide the page': () => show('hidden'),
    'Mend everything': () => {
      this.server.refusal = null;
      this.server.unreachable = false;
      show('visible');
      this.socket.retryNow();
    },
  };
}

function show(state: DocumentVisibilityState): void {
  Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => state });
  document.dispatchEvent(new Event('visibilitychange'));
}

interface Seen {
  last: number;
  count: number;
  holes: number;
  repeats: number;
}

const nothing: Seen = { last: 0, count: 0, holes: 0, repeats: 0 };

function take(seen: Seen, { data }: TopicMessage<number>): Seen {
  return {
    last: data,
    count: seen.count + 1,
    holes: seen.holes + (seen.last > 0 && data > seen.last + 1 ? 1 : 0),
    repeats: seen.repeats + (data <= seen.last ? 1 : 0),
  };
}

function Page({ bench }: { bench: Bench }) {
  const connection = useWebSocket();
  const { state, since, nextAttemptAt, lastMessageAt, reason } = connection;
  const { data, status, error, isStale } = useTopic('ticks', { topics, initial: nothing, reduce: take });
  return (
    <div style={{ display: 'grid', gap: 12, justifyItems: 'start' }}>
      <ConnectionStatus {...{ state, since, nextAttemptAt, lastMessageAt, reason }} />
      <p data-testid="seen">
        Last {data.last}, received {data.count}, holes {data.holes}, repeats {data.repeats}
      </p>
      <p data-testid="topic">
        Topic {status}
        {isStale ? ', stale' : ''}
        {error ? `: ${error.message}` : ''}
      </p>
      <div style={{ display: 'flex', flexWrap: 'wrap', gap: 8 }}>
        <button type="button" onClick={bench.publish}>
          Publish five
        </button>
        {Object.entries(bench.faults).map(([name, cause]) => (
          <button key={name} type="button" onClick={cause}>
            {name}
          </button>
        ))}
      </div>
    </div>
  );
}

function Realtime() {
  const [bench] = useState(() => new Bench());
  useEffect(() => {
    bench.socket.connect();
    return () => {
      bench.socket.disconnect();
      Reflect.deleteProperty(document, 'visibilityState');
    };
  }, [bench]);
  return (
    <FleetdeckProvider socket={bench.socket} timeZone="UTC">
      <Page bench={bench} />
    </FleetdeckProvider>
  );
}

/** A topic and a connection that can be broken: nothing is lost, and what could not be kept is said. */
const meta = { title: 'Hooks/Realtime', component: Realtime } satisfies Meta<typeof Realtime>;

export default meta;
type Story = StoryObj<typeof meta>;

export const BreakIt: Story = {};

/** What was published while the page was away arrives once and in order. */
export const LosesNothing: Story = {
  play: async ({ canvasElement }) => {
    const page = within(canvasElement);
    const press = (name: string) => userEvent.click(page.getByRole('button', { name }));
    const reads = (text: string | RegExp) =>
      waitFor(() => expect(page.getByTestId('seen')).toHaveTextContent(text), { timeout: 5_000 });
    const stands = (text: string | RegExp) =>
      waitFor(() => expect(page.getByTestId('topic')).toHaveTextContent(text), { timeout: 5_000 });
    const is = (state: string) =>
      waitFor(() => expect(canvasElement.querySelector(`[data-state="${state}"]`)).not.toBeNull(), {
        timeout: 10_000,
      });

    await stands('Topic live');
    await press('Publish five');
    await reads('Last 5, received 5, holes 0, repeats 0');
    await press('Drop the connection');
    await press('Publish five');
    await reads('Last 10, received 10, holes 0, repeats 0');
    await press('Hide the page');
    await new Promise((resolve) => setTimeout(resolve, 700));
    await press('Publish five');
    await press('Mend everything');
    await reads('Last 15, received 15, holes 0, repeats 0');
    await press('Let no socket through');
    await press('Publish five');
    await is('polling');
    await reads('Last 20, received 20, holes 0, repeats 0');
    await press('Mend everything');
    await is('live');
    await press('Expire the session');
    await is('denied');
    await stands('stale');
    await press('Publish five');
    await press('Mend everything');
    await reads('Last 25, received 25, holes 0, repeats 0');
    await press('Lose the log');
    await press('Publish five');
    await stands('Topic live');
    await press('Publish five');
    await reads(/holes 0, repeats 0/);
    await press('Take the topic away');
    await stands('Topic refused, stale: Your role has changed.');
  },
};
