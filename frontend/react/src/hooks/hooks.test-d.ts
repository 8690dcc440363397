import type { ContextStore, HttpClient, WebSocketManager } from '@fleetdeck/client';
import {
  defineTopics,
  fleetdeckTopics,
  topic,
  type HealthReport,
  type HealthUpdate,
  type MetricLive,
} from '@fleetdeck/dto';
import type { ContextSelectorProps } from '../components/context-selector/ContextSelector.tsx';
import type { StatusBadgeProps } from '../components/status-badge/StatusBadge.tsx';
import type { StatusSummaryProps } from '../components/status-summary/StatusSummary.tsx';
import type { ContextSource, HttpReader, LiveSocket } from './services.ts';
import { useContextSelector } from './useContextSelector.ts';
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
export const contexts = (store: ContextStore): ContextSource => store;

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

/** What a topic says is what badge and summary take, without a cast. */
export function useStatusTypes(): [StatusBadgeProps, StatusSummaryProps] {
  const { data, isStale: stale, lastMessageAt: asOf } = useTopic('health');
  const badge: StatusBadgeProps = { status: data.get('database')?.health?.status, stale, asOf };
  // @ts-expect-error an update is no status word
  badge.status = data.get('database');
  const summary: StatusSummaryProps = {
    statuses: [...data.values()].map(({ health }) => health?.status),
    stale,
  };
  // @ts-expect-error nor are updates
  summary.statuses = [...data.values()];
  return [badge, summary];
}

/** What the hook gives is what the selector takes, and the selector's words are the hook's. */
export function useContextTypes(store: ContextStore): ContextSelectorProps {
  const { context, generation, pinned, signal, set, clear, selectorProps } = useContextSelector(store);
  exactly<string | null | undefined>()(context);
  exactly<number>()(generation);
  exactly<boolean>()(pinned);
  exactly<AbortSignal>()(signal);
  exactly<Promise<boolean>>()(set('triage-12'));
  exactly<Promise<boolean>>()(clear());
  exactly<string | null>()(selectorProps.value);
  exactly<(id: string | null) => void>()(selectorProps.onChange);
  // @ts-expect-error a context is named by its id; "none" is said by clear()
  void set(null);
  // @ts-expect-error an id is text
  void set(12);
  // @ts-expect-error a store is more than its snapshot
  useContextSelector({ getSnapshot: () => store.getSnapshot() });
  // @ts-expect-error options are objects with id and label
  const wrong: ContextSelectorProps = { ...selectorProps, options: ['triage-12'] };
  return { ...wrong, ...selectorProps, options: [{ id: 'triage-12', label: 'Triage' }] };
}
