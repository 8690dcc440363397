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

/** Components of one replica that are shown. */
export const MAX_COMPONENTS = 1000;
/** Replicas that are told apart. */
export const MAX_REPLICAS = 100;
/** A replica of which nothing was heard for so long is gone, and what it said counts no more. */
export const GONE_AFTER_MS = 4 * HEALTH_TOLD_EVERY_MS;
/** For so long after a report came there may be messages on their way that are older than it. */
const OVERTAKEN_MS = 5000;

/** What one replica sees. */
interface Replica {
  /** When it was last heard, by the clock of this page: those of replicas differ, and are set. */
  heardAt: number;
  overallStatus: StatusFamily;
  components: Record<string, ComponentHealth>;
}

/**
 * The health report and what follows it. The report is what the replica that answered sees; the topic tells what each
 * replica sees. Shown of a component is the worst that any of them says.
 *
 * @param now - a clock of this page that only goes forward, in ms
 */
export function createHealthModel(
  now: () => number = () => performance.now(),
): LiveModel<HealthReport, HealthReport> {
  let answer: HealthReport | null = null;
  let answeredAt = 0;
  let asOf = '';
  let shown: HealthReport | null = null;
  const replicas = new Map<string, Replica>();
  /** Replicas whose only word is old, by when they said it: the topic keeps the last one of those that are gone. */
  const doubtful = new Map<string, string>();

  const own = (): string => answer?.replica ?? '';
  const forgetTheGone = (): void => {
    for (const [word, { heardAt }] of replicas) {
      if (word !== own() && now() - heardAt > GONE_AFTER_MS) replicas.delete(word);
    }
  };
  const hear = (word: string, overallStatus: StatusFamily): Replica => {
    const replica = replicas.get(word) ?? { heardAt: 0, overallStatus, components: {} };
    replica.overallStatus = overallStatus;
    replica.heardAt = now();
    replicas.set(word, replica);
    doubtful.delete(word);
    shown = null;
    return replica;
  };
  /** Whether a replica that is not known is there: one that says something new is, however its clock goes. */
  const isThere = (word: string, at: string): boolean => {
    if (replicas.size >= MAX_REPLICAS) return false;
    const isOld = Date.parse(asOf) - Date.parse(at) > GONE_AFTER_MS;
    const saidBefore = doubtful.get(word);
    if (!isOld || (saidBefore !== undefined && saidBefore !== at)) return true;
    if (doubtful.size < MAX_REPLICAS) doubtful.set(word, at);
    return false;
  };
  /** Whether the report tells something newer, which overtook a message of its replica on the way. */
  const isOvertaken = (component: string, at: string): boolean => {
    if (answer === null || now() - answeredAt > OVERTAKEN_MS) return false;
    const told = Object.hasOwn(answer.components, component) ? answer.components[component] : undefined;
    return told !== undefined && at < (told.checkedAt ?? told.since);
  };

  return {
    begin: (report) => {
      answer = report;
      answeredAt = now();
      asOf = report.asOf;
      hear(own(), report.overallStatus).components = { ...report.components };
      forgetTheGone();
    },
    apply: (message: TopicMessage) => {
      const { data, at } = message;
      if (answer === null || !isHealthUpdate(data)) return false;
      forgetTheGone();
      const { replica: word, component, health, overallStatus } = data;
      if (word === own()) {
        // The report holds what its replica said until then, and nothing of the others.
        if (isCovered(answer.position, message)) return false;
        if (isOvertaken(component, health === null ? at : (health.checkedAt ?? health.since))) return false;
      } else if (!replicas.has(word) && !isThere(word, at)) return false;
      const components: Replica['components'] = replicas.get(word)?.components ?? {};
      const known = Object.hasOwn(components, component);
      if (health === null) {
        if (!known) return false;
        const { [component]: _gone, ...rest } = components;
        hear(word, overallStatus).components = rest;
      } else {
        if (!known && Object.keys(components).length >= MAX_COMPONENTS) return false;
        hear(word, overallStatus).components = { ...components, [component]: health };
      }
      if (word === own() && at > asOf) asOf = at;
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
