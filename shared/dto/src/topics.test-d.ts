// Checked by the compiler alone: what does not hold here fails the type check.
import type { HealthUpdate } from './health.ts';
import type { MetricLive } from './metrics.ts';
import { defineTopics, fleetdeckTopics, topic } from './topics.ts';
import type { PayloadOf, SystemNotice, TopicNameOf, TopicNames, TopicPayload } from './topics.ts';
import type { StatusTracking } from './tracking.ts';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function holds<_T extends true>(): void {
  // Nothing to run.
}

interface Order {
  id: string;
  total: number;
}

export const topics = defineTopics({
  ...fleetdeckTopics,
  'orders.*': topic<Order>({ mode: 'latest', key: 'id', expectedEveryMs: 1000 }),
  'sites.*.doors': topic<boolean>({ mode: 'log' }),
});
type Topics = typeof topics;

// Names: exact ones as they are, `*` as any text.
holds<Same<TopicNameOf<'system'>, 'system'>>();
holds<Same<TopicNameOf<'metrics.*'>, `metrics.${string}`>>();
holds<Same<TopicNameOf<'sites.*.doors'>, `sites.${string}.doors`>>();
export const names: TopicNames<Topics>[] = ['system', 'health', 'metrics.cpu', 'orders.17', 'sites.a.doors'];
// @ts-expect-error nobody declared this topic
names.push('invoices');
// @ts-expect-error a family needs its part
names.push('orders');
// @ts-expect-error the name goes on after the part
names.push('sites.a');

// Payloads, of Fleetdeck's topics and the story's own.
holds<Same<PayloadOf<Topics['orders.*']>, Order>>();
holds<Same<TopicPayload<Topics, 'system'>, SystemNotice>>();
holds<Same<TopicPayload<Topics, 'health'>, HealthUpdate>>();
holds<Same<TopicPayload<Topics, 'metrics.cpu'>, MetricLive>>();
holds<Same<TopicPayload<Topics, 'operations.o-1'>, StatusTracking>>();
holds<Same<TopicPayload<Topics, 'orders.17'>, Order>>();
holds<Same<TopicPayload<Topics, 'sites.a.doors'>, boolean>>();
holds<Same<TopicPayload<Topics, 'invoices'>, never>>();
// @ts-expect-error an order has a total
export const order: TopicPayload<Topics, 'orders.17'> = { id: '17' };

// Declarations.
// @ts-expect-error there are two modes
topic<Order>({ mode: 'newest' });
// @ts-expect-error the payload is for the compiler, nobody gives one
topic<Order>({ mode: 'log', payload: { id: '17', total: 1 } });
// @ts-expect-error a topic says what it keeps
defineTopics({ orders: {} });
