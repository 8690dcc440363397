import type { HttpClient, WebSocketManager } from '@fleetdeck/client';
import {
  defineTopics,
  fleetdeckTopics,
  topic,
  type HealthReport,
  type HealthUpdate,
  type MetricLive,
} from '@fleetdeck/dto';
import type { HttpReader, LiveSocket } from './services.ts';
import { useTopic } from './useTopic.ts';
import { useTopicQuery } from './useTopicQuery.ts';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
/** Takes a value of exactly the type `A`; any other one asks for an argument that nobody has. */
const exactly =
  <A>() =>
  <B>(_value: B, ..._same: Equal<A, B> extends true ? [] : [never]): void =>
    undefined;

/** The classes of the client are what the provider takes. */
export const sockets = (manager: WebSocketManager): LiveSocket => manager;
export const readers = (client: HttpClient): HttpReader => client;

/** The payload of a topic reaches the component by the topic's name. */
export function useTypes(): void {
  const health = useTopic('health');
  exactly<ReadonlyMap<string, HealthUpdate>>()(health.data);

  const cpu = useTopic('metrics.cpu');
  exactly<ReadonlyMap<string, MetricLive>>()(cpu.data);

  const count = useTopic('system', { initial: 0, reduce: (n: number, { data }) => n + data.text.length });
  exactly<number>()(count.data);

  const worst = useTopic('health', { select: (values) => values.get('database')?.overallStatus });
  exactly<HealthUpdate['overallStatus'] | undefined>()(worst.data);

  const own = defineTopics({
    ...fleetdeckTopics,
    'orders.*': topic<{ id: string }>({ mode: 'latest', key: 'id' }),
  });
  const orders = useTopic('orders.open', { topics: own });
  exactly<ReadonlyMap<string, { id: string }>>()(orders.data);
  const ids = useTopic('orders.open', {
    topics: own,
    initial: '',
    reduce: (all: string, { data }) => {
      exactly<{ id: string }>()(data);
      return all + data.id;
    },
  });
  exactly<string>()(ids.data);

  useTopic('health', {
    onMessage: ({ data, at }) => void [data satisfies HealthUpdate, at satisfies string],
  });
  exactly<boolean>()(cpu.isStale);
  exactly<number | null>()(cpu.lastMessageAt);

  // @ts-expect-error a reducer needs a state to begin with
  useTopic('system', { reduce: (n: number) => n });
}

/** The answer's type comes from the query, the message's from the topic. */
export function useQueryTypes(http: HttpReader): void {
  const queryFn = () => http.get<HealthReport>('/health');
  const whole = useTopicQuery({
    queryKey: ['health'],
    queryFn,
    topic: 'health',
    reduce: (report, { data, offset }) => {
      exactly<HealthUpdate>()(data);
      exactly<number | null>()(offset);
      return { ...report, overallStatus: data.overallStatus };
    },
  });
  exactly<HealthReport | undefined>()(whole.data);
  if (whole.isSuccess) exactly<HealthReport>()(whole.data);
  exactly<'waiting' | 'live' | 'paused' | 'refused' | 'ended'>()(whole.topicStatus);

  const part = useTopicQuery({
    queryKey: ['health'],
    queryFn,
    topic: 'health',
    reduce: (report) => report,
    select: ({ overallStatus }) => overallStatus,
  });
  exactly<HealthReport['overallStatus'] | undefined>()(part.data);

  useTopicQuery({
    queryKey: ['count'],
    // @ts-expect-error an answer says up to where its topic is in it
    queryFn: () => Promise.resolve(7),
    topic: 'health',
    reduce: (count) => count,
  });
}
