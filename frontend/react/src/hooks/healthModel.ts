import {
  HEALTH_TOLD_EVERY_MS,
  severityOf,
  type ComponentHealth,
  type HealthReport,
  type StatusFamily,
  type TopicMessage,
} from '@fleetdeck/dto';
import { isHealthUpdate } from './healthUpdate.ts';
import type { LiveModel } from './liveStore.ts';
import { isCovered } from './metricsModel.ts';

/** Components that may appear live beside those of the report, of all replicas together. */
export const MAX_COMPONENTS = 1000;
/** A replica of which nothing was heard for so long is gone, and what it said counts no more. */
export const GONE_AFTER_MS = 4 * HEALTH_TOLD_EVERY_MS;

/** What one replica sees. */
interface Replica {
  /** When it was last heard, milliseconds since the epoch. */
  heardMs: number;
  overallStatus: StatusFamily;
  components: Record<string, ComponentHealth>;
}

/**
 * The health report and what follows it. The report is what the replica that answered sees; the topic tells what each
 * replica sees. Shown of a component is the worst that any of them says.
 */
export function createHealthModel(): LiveModel<HealthReport, HealthReport> {
  let answer: HealthReport | null = null;
  let asOf = '';
  let shown: HealthReport | null = null;
  const replicas = new Map<string, Replica>();

  const own = (): string => answer?.replica ?? '';
  const forgetTheGone = (): void => {
    const newest = Date.parse(asOf);
    for (const [word, { heardMs }] of replicas) {
      if (word !== own() && newest - heardMs > GONE_AFTER_MS) replicas.delete(word);
    }
  };
  const hear = (word: string, at: string, overallStatus: StatusFamily): Replica => {
    const replica = replicas.get(word) ?? { heardMs: 0, overallStatus, components: {} };
    replica.overallStatus = overallStatus;
    replica.heardMs = Math.max(replica.heardMs, Date.parse(at));
    replicas.set(word, replica);
    if (at > asOf) asOf = at;
    shown = null;
    return replica;
  };
  const count = (): number =>
    [...replicas.values()].reduce((sum, { components }) => sum + Object.keys(components).length, 0);

  return {
    begin: (report) => {
      answer = report;
      hear(own(), report.asOf, report.overallStatus).components = { ...report.components };
      forgetTheGone();
    },
    apply: (message: TopicMessage) => {
      const { data, at } = message;
      if (answer === null || !isHealthUpdate(data)) return false;
      const { replica: word, component, health, overallStatus } = data;
      // The report holds what its replica said until then, and nothing of the others.
      if (word === own() && isCovered(answer.position, message)) return false;
      if (word !== own() && Date.parse(asOf) - Date.parse(at) > GONE_AFTER_MS) return false;
      const components: Replica['components'] = replicas.get(word)?.components ?? {};
      const before = Object.hasOwn(components, component) ? components[component] : undefined;
      if (health === null) {
        if (!before || at < (before.checkedAt ?? before.since)) return false;
        const { [component]: _gone, ...rest } = components;
        hear(word, at, overallStatus).components = rest;
      } else {
        if (before && (health.checkedAt ?? health.since) < (before.checkedAt ?? before.since)) return false;
        if (!before && count() >= MAX_COMPONENTS) return false;
        hear(word, at, overallStatus).components = { ...components, [component]: health };
      }
      forgetTheGone();
      return true;
    },
    read: () => {
      if (answer !== null) shown ??= { ...answer, ...worstOf([...replicas.values()]), asOf };
      return shown;
    },
  };
}

/** What is known of a component says more than a replica that has not checked it yet. */
function rankOf(status: StatusFamily): number {
  return status === 'unknown' ? -1 : severityOf(status);
}

function worstOf(replicas: readonly Replica[]): Pick<HealthReport, 'overallStatus' | 'components'> {
  const components: Record<string, ComponentHealth> = {};
  let overallStatus: StatusFamily = 'unknown';
  for (const replica of replicas) {
    if (rankOf(replica.overallStatus) > rankOf(overallStatus)) overallStatus = replica.overallStatus;
    for (const [name, health] of Object.entries(replica.components)) {
      const other = Object.hasOwn(components, name) ? components[name] : undefined;
      components[name] = other ? worse(other, health) : health;
    }
  }
  return { overallStatus, components };
}

function worse(a: ComponentHealth, b: ComponentHealth): ComponentHealth {
  if (a.status !== b.status) return rankOf(b.status) > rankOf(a.status) ? b : a;
  const checkedAt = (b.checkedAt ?? '') > (a.checkedAt ?? '') ? b.checkedAt : a.checkedAt;
  // It is bad since the first replica saw that, and well since the last one did.
  const later = b.since > a.since ? b : a;
  const earlier = later === a ? b : a;
  return { ...(a.status === 'healthy' ? later : earlier), checkedAt };
}
