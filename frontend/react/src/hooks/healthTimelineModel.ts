import { severityOf, type HealthBucket, type HealthTimeline, type TopicMessage } from '@fleetdeck/dto';
import { isHealthUpdate } from './healthUpdate.ts';
import type { LiveModel } from './liveStore.ts';

/** The past of all components, whose last piece follows what becomes worse now. */
export function createHealthTimelineModel(): LiveModel<HealthTimeline, HealthTimeline> {
  let timeline: HealthTimeline | null = null;
  return {
    begin: (answer) => {
      timeline = answer;
    },
    apply: ({ data, at }: TopicMessage) => {
      if (timeline === null || !isHealthUpdate(data) || at <= timeline.asOf) return false;
      const { component, health } = data;
      if (health === null) return false;
      const past = Object.hasOwn(timeline.components, component) ? timeline.components[component] : undefined;
      const last = past?.buckets.at(-1);
      if (!past || !last || !isWorse(health.status, last.status)) return false;
      const next: HealthBucket = { ...last, status: health.status, inStatusMs: 0, reason: health.reason };
      timeline = {
        ...timeline,
        components: {
          ...timeline.components,
          [component]: { ...past, buckets: [...past.buckets.slice(0, -1), next] },
        },
      };
      return true;
    },
    read: () => timeline,
  };
}

/** Anything that is known says more of a piece of time than what is not. */
function isWorse(next: HealthBucket['status'], shown: HealthBucket['status']): boolean {
  if (next === 'unknown') return false;
  return shown === 'unknown' || severityOf(next) > severityOf(shown);
}
