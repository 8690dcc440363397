import { StrictMode, type ReactNode } from 'react';
import { act, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { WebSocketManager } from '@fleetdeck/client';
import { FakeServer } from '@fleetdeck/client/testing';
import { defineTopics, topic, type TopicMessage } from '@fleetdeck/dto';
import { nextFrame } from '../testing/fakes.ts';
import { FleetdeckProvider } from './FleetdeckProvider.tsx';
import { useTopic } from './useTopic.ts';
import { useWebSocket } from './useWebSocket.ts';

const topics = defineTopics({
  ticks: topic<number>({ mode: 'log' }),
  values: topic<number>({ mode: 'latest', key: 'name' }),
});

let server: FakeServer;
let socket: WebSocketManager<typeof topics>;

beforeEach(() => {
  server = new FakeServer(topics);
  socket = new WebSocketManager('/ws/platform', { topics, connect: server.connect });
});
afterEach(() => socket.close());

const sum = (total: number, { data }: TopicMessage<number>): number => total + data;

function Page({ name }: { name: string }) {
  const { state } = useWebSocket();
  const ticks = useTopic('ticks', { topics, initial: 0, reduce: sum });
  const values = useTopic('values', { topics, select: (all) => all.get('a') });
  return (
    <p>
      {name} {state} {ticks.data} {values.data ?? 'none'}
    </p>
  );
}

const app = (children: ReactNode) => (
  <StrictMode>
    <FleetdeckProvider socket={socket}>{children}</FleetdeckProvider>
  </StrictMode>
);
const sent = () =>
  server.wire.map((event) => (event.type === 'subscribe' ? event.request.topic : event.type));
const settled = () =>
  act(async () => {
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    await nextFrame();
  });

describe('many components in strict mode', () => {
  it('open one socket and subscribe each topic once', async () => {
    render(app(['one', 'two', 'three', 'four'].map((name) => <Page key={name} name={name} />)));
    await settled();
    server.publish('ticks', 5);
    server.publish('values', 7, 'a');
    await settled();
    for (const name of ['one', 'two', 'three', 'four']) {
      expect(screen.getByText(`${name} live 5 7`)).toBeInTheDocument();
    }
    expect(sent()).toEqual(['connect', 'ticks', 'values']);
  });

  it('put nothing on the wire when the page changes its route', async () => {
    const { rerender } = render(app(<Page key="first" name="first" />));
    await settled();
    rerender(app(<p>nobody listens</p>));
    await settled();
    rerender(app(<Page key="second" name="second" />));
    await settled();
    server.publish('ticks', 3);
    await settled();
    expect(screen.getByText('second live 3 none')).toBeInTheDocument();
    expect(sent()).toEqual(['connect', 'ticks', 'values']);
  });
});
