import { defineTopics, topic } from '@fleetdeck/dto';
import type { TopicPolicy } from '../../../topic/topic-policy.ts';

/** What the publisher writes. */
export interface ModelPayload {
  /** Which life of the node it was written for. */
  run: number;
  n: number;
  key: string;
  text: string;
}

/** Topics of every mode, with and without a window, and of every policy for slow clients. */
export const modelTopics = defineTopics({
  'log.plain': topic<ModelPayload>({ mode: 'log' }),
  'log.window': topic<ModelPayload>({ mode: 'log' }),
  'log.cut': topic<ModelPayload>({ mode: 'log' }),
  'latest.plain': topic<ModelPayload>({ mode: 'latest', key: 'key' }),
  'latest.window': topic<ModelPayload>({ mode: 'latest', key: 'key' }),
  'latest.one': topic<ModelPayload>({ mode: 'latest' }),
});

export type ModelTopic = keyof typeof modelTopics;

export const MODEL_TOPICS = Object.keys(modelTopics) as ModelTopic[];

/** Messages of a log that are kept: few, so that clients find that theirs are gone. */
export const KEPT = 400;

/** Bytes that may wait for one client: few, so that clients are slow. */
export const CAP_BYTES = 24_000;

const history = { count: KEPT, bytes: 64 * 1024 * 1024, ageMs: 3_600_000 };

/** @param published how many messages of a topic this node was given, for the snapshot that counts them */
export function modelPolicies(published: (topic: string) => number): Record<ModelTopic, TopicPolicy> {
  return {
    'log.plain': { leastRole: 'viewer', history },
    'log.window': {
      leastRole: 'viewer',
      history,
      coalesceMs: 5,
      snapshotForAll: true,
      snapshot: async (topic) => {
        await new Promise(setImmediate);
        const state = { published: published(topic) };
        await new Promise((resolve) => setTimeout(resolve, 2));
        return state;
      },
    },
    'log.cut': { leastRole: 'viewer', history, slow: 'disconnect' },
    'latest.plain': { leastRole: 'viewer', history },
    'latest.window': { leastRole: 'viewer', history, coalesceMs: 10 },
    'latest.one': { leastRole: 'viewer', history, slow: 'reset' },
  };
}
