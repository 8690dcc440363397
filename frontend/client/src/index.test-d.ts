import { defineTopics, fleetdeckTopics, topic, type HealthUpdate } from '@fleetdeck/dto';
import { HttpClient, WebSocketManager } from './index.ts';

const topics = defineTopics({ ...fleetdeckTopics, 'orders.*': topic<{ total: number }>({ mode: 'latest' }) });
const manager = new WebSocketManager('/portal/ws/platform', { topics, http: new HttpClient() });

manager.subscribe('health', { onMessage: ({ data }) => data satisfies HealthUpdate });
manager.subscribe('orders.eu', { onMessage: ({ data }) => data.total satisfies number });
manager.subscribe('orders.eu', {
  onMessage: ({ data }) => {
    // @ts-expect-error: the payload of a declared topic is known.
    void data.totals;
  },
});
manager.subscribe('health', ({ data }) => data satisfies HealthUpdate);
manager.on('state', ({ nextAttemptAt }) => nextAttemptAt satisfies number | null);
manager.on('reset', ({ topic, reason }) => [topic, reason] satisfies string[]);
// @ts-expect-error: there is no such event.
manager.on('stat', () => undefined);
manager.subscribe('read.at.run.time' as string, { onMessage: ({ data }) => data satisfies unknown });

// What the React hooks ask for.
({ getSnapshot: manager.getSnapshot, subscribeState: manager.subscribeState }) satisfies {
  getSnapshot: () => {
    since: number;
    nextAttemptAt: number | null;
    reason: string | null;
    lastMessageAt: number | null;
    clockOffsetMs: number;
  };
  subscribeState: (listener: () => void) => () => void;
};
manager satisfies {
  subscribe: (
    topic: string,
    handlers: { onMessage: (message: { data: unknown }) => void; onReset?: (reason: string) => void },
  ) => () => void;
};
new HttpClient() satisfies {
  get: <T>(path: string, options?: { signal?: AbortSignal }) => Promise<T>;
};
