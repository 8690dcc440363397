import { useEffect, useState, type ReactNode } from 'react';
import { ContextStore, WebSocketManager } from '@fleetdeck/client';
import { FakeServer, FakeTabs } from '@fleetdeck/client/testing';
import { FleetdeckProvider } from '../hooks/FleetdeckProvider.tsx';
import { useTopic } from '../hooks/useTopic.ts';
import { STORY_NOW } from './events.ts';
import { createFleetNews, fleetTopics, quietFleet, reduceFleet, type FleetState } from './fleet.ts';

/** Longer than the service is ever silent. */
export const STALE_MS = 15_000;

/** A service without a network, whose clock goes on only with what it does. */
export class FleetService {
  private time = STORY_NOW;
  private state = quietFleet;
  private readonly tell = createFleetNews();
  readonly now = (): number => this.time;
  readonly server = new FakeServer(fleetTopics, this.now);
  readonly socket = new WebSocketManager('/ws/platform', {
    topics: fleetTopics,
    connect: this.server.connect,
    now: this.now,
    reconnectMinMs: 200,
    reconnectMaxMs: 1_000,
  });
  readonly context = new ContextStore({ app: 'recipe', host: new FakeTabs().open().host });

  constructor() {
    this.server.heartbeatIntervalMs = 3_600_000;
    this.server.snapshots.set('fleet', this.state);
  }

  /** A second passes, and one message comes. */
  readonly next = (): void => {
    this.time += 1000;
    const news = this.tell(this.state, this.time);
    this.state = reduceFleet(this.state, news);
    this.server.snapshots.set('fleet', this.state);
    this.server.publish('fleet', news);
  };
  readonly lose = (): void => {
    this.server.unreachable = true;
    this.server.cut();
  };
  readonly wait = (): void => {
    this.time += 60_000;
  };
  readonly mend = (): void => {
    this.server.unreachable = false;
    this.socket.retryNow();
  };
}

const followed = {
  topics: fleetTopics,
  initial: quietFleet,
  reduce: (state: FleetState, { data }: { data: Parameters<typeof reduceFleet>[1] }) =>
    reduceFleet(state, data),
  fromSnapshot: (snapshot: unknown) => snapshot as FleetState,
};

/** What a part of a page needs of the one topic: it draws anew only when that changes. */
export function useFleet<R>(select: (state: FleetState) => R) {
  return useTopic('fleet', { ...followed, select });
}

const checkoutOf = ({ agents }: FleetState) => agents.find(({ id }) => id === 'checkout-01')!;

/** The agent that turns degraded with the fourth message, critical with the eighth, and healthy with the 18th. */
export function useCheckout() {
  const { data, isStale } = useFleet(checkoutOf);
  return { agent: data, isStale };
}

const agentsOf = ({ agents }: FleetState) => agents;

/** The agents, as the same array until the status of one changes: what else is told of them is left as it was. */
export function useAgents() {
  const { data, isStale } = useFleet(agentsOf);
  const [agents, setAgents] = useState(data);
  const same = agents.every((agent, index) => agent.status === data[index]?.status);
  if (!same) setAgents(data);
  return { agents, isStale };
}

export interface LiveFleetProps {
  /** What is on the page; a function gets the service, to break it. */
  children: ReactNode | ((service: FleetService) => ReactNode);
}

/** A page on the live topic: a message every 300 ms, which is a second to the page; the same ones on every run. */
export function LiveFleet({ children }: LiveFleetProps) {
  const [service] = useState(() => new FleetService());
  useEffect(() => {
    service.socket.connect();
    const timer = setInterval(service.next, 300);
    return () => {
      clearInterval(timer);
      service.socket.disconnect();
    };
  }, [service]);
  return (
    <FleetdeckProvider socket={service.socket} context={service.context} now={service.now} timeZone="UTC">
      {typeof children === 'function' ? children(service) : children}
    </FleetdeckProvider>
  );
}
