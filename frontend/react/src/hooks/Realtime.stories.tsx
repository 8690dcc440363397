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
  /** The node that takes the next connection. */
  node = new FakeServer(topics);
  readonly socket = new WebSocketManager('/ws/platform', {
    topics,
    connect: (target, events) => this.node.connect(target, events),
    http: { get: (path, options) => this.node.http.get(path, options) },
    pollMs: 500,
    reconnectMinMs: 200,
    reconnectMaxMs: 1_000,
    hiddenHoldMs: 500,
  });
  private count = 0;

  constructor() {
    this.node.heartbeatIntervalMs = 3_600_000;
  }

  readonly publish = (): void => {
    for (let n = 0; n < 5; n += 1) this.node.publish('ticks', (this.count += 1));
  };

  readonly faults: Readonly<Record<string, () => void>> = {
    Drop: () => this.node.cut(),
    Deny: () => this.refuse('FORBIDDEN', 'Your role may not follow this.'),
    Expire: () => this.refuse('SESSION_EXPIRED', 'Your session has expired; sign in again.'),
    Slow: () => this.node.reset('ticks', 'slow'),
    Hide: () => show('hidden'),
    'Other node': () => {
      const left = this.node;
      this.node = left.anotherNode();
      this.node.heartbeatIntervalMs = left.heartbeatIntervalMs;
      // Killed: nobody says goodbye.
      left.cut();
    },
    'Block sockets': () => {
      this.node.unreachable = true;
      this.node.cut();
    },
    'Lose the log': () => {
      this.node.restart('ticks');
      this.node.cut();
    },
    'Take the topic away': () => this.node.revoke('ticks', refusalOf('REVOKED', 'Your role has changed.')),
    Mend: () => {
      this.node.refusal = null;
      this.node.unreachable = false;
      show('visible');
      this.socket.retryNow();
    },
  };

  private refuse(...why: Parameters<typeof refusalOf>): void {
    this.node.refusal = refusalOf(...why);
    this.node.close(this.node.refusal);
  }
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

/** What the plays below press and read. */
function pageOf(canvasElement: HTMLElement) {
  const page = within(canvasElement);
  const reads = (testId: string) => (text: string | RegExp) =>
    waitFor(() => expect(page.getByTestId(testId)).toHaveTextContent(text), { timeout: 10_000 });
  return {
    press: async (...names: string[]) => {
      for (const name of names) await userEvent.click(page.getByRole('button', { name }));
    },
    seen: reads('seen'),
    topic: reads('topic'),
    is: (state: string) =>
      waitFor(() => expect(canvasElement.querySelector(`[data-state="${state}"]`)).not.toBeNull(), {
        timeout: 10_000,
      }),
  };
}

type PageOf = ReturnType<typeof pageOf>;

/** A story that begins live with five messages. */
function breaking(play: (page: PageOf) => Promise<void>): Story {
  return {
    play: async ({ canvasElement }) => {
      const page = pageOf(canvasElement);
      await page.topic('Topic live');
      await page.press('Publish five');
      await page.seen('Last 5, received 5, holes 0, repeats 0');
      await play(page);
    },
  };
}

/** The connection is lost; what was published meanwhile arrives once and in order. */
export const Drop: Story = breaking(async ({ press, seen, is }) => {
  await press('Drop', 'Publish five');
  await seen('Last 10, received 10, holes 0, repeats 0');
  await is('live');
});

/** The service refuses the caller for good. Nothing is tried until somebody says so. */
export const Deny: Story = breaking(async ({ press, seen, topic: stands, is }) => {
  await press('Deny');
  await is('denied');
  await stands('Topic waiting, stale');
  await press('Publish five', 'Mend');
  await is('live');
  await seen('Last 10, received 10, holes 0, repeats 0');
});

/** The session ends; after a new sign-in it goes on from where it was. */
export const Expire: Story = breaking(async ({ press, seen, is }) => {
  await press('Expire');
  await is('denied');
  await press('Publish five', 'Mend');
  await is('live');
  await seen('Last 10, received 10, holes 0, repeats 0');
});

/** The page read too slowly: the topic starts over, and the state is void instead of wrong. */
export const Slow: Story = breaking(async ({ press, seen, topic: stands }) => {
  await press('Slow');
  await seen('Last 0, received 0, holes 0, repeats 0');
  await stands('Topic live');
  await press('Publish five');
  await seen('Last 10, received 5, holes 0, repeats 0');
});

/** Hidden for a while the page leaves the topic; shown again it catches up from its position. */
export const Hide: Story = breaking(async ({ press, seen, topic: stands }) => {
  await press('Hide');
  await stands('Topic paused, stale');
  await press('Publish five', 'Mend');
  await seen('Last 10, received 10, holes 0, repeats 0');
  await stands('Topic live');
});

/** The node is killed; another node of the same service gives exactly what was missed. */
export const OtherNode: Story = breaking(async ({ press, seen, is }) => {
  await press('Other node', 'Publish five');
  await is('live');
  await seen('Last 10, received 10, holes 0, repeats 0');
  await press('Publish five');
  await seen('Last 15, received 15, holes 0, repeats 0');
});

/** No socket gets through: the same topic comes by HTTP, and the page says so. */
export const BlockSockets: Story = breaking(async ({ press, seen, is }) => {
  await press('Block sockets', 'Publish five');
  await is('polling');
  await seen('Last 10, received 10, holes 0, repeats 0');
  await press('Mend');
  await is('live');
});

/** The log is gone: it starts over and never shows a hole. */
export const LoseTheLog: Story = breaking(async ({ press, seen, topic: stands }) => {
  await press('Lose the log');
  await seen('Last 0, received 0, holes 0, repeats 0');
  await stands('Topic live');
  await press('Publish five');
  await seen('Last 10, received 5, holes 0, repeats 0');
});

/** The topic alone is taken away; the connection stays. */
export const TakeTheTopicAway: Story = breaking(async ({ press, topic: stands, is }) => {
  await press('Take the topic away');
  await stands('Topic refused, stale: Your role has changed.');
  await is('live');
});
