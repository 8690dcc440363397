import type { MetricResult } from '@fleetdeck/dto';
import { isFleetdeckError, messageOf, type MetricQuerier } from '@fleetdeck/kernel';
import type { ParsedMetric, ParsedRule } from '../rule/alert-rule.ts';
import type { Reading } from '../rule/find.ts';
import type { Readings } from '../rule/rule-engine.ts';
import type { StoredSignal } from '../store/alert-store.ts';
import type { AlertingTimers } from '../timers.ts';

/** A rule watches fewer series than this, and says which it leaves out; the question itself must not fail for them. */
const MAX_GROUPS = 100_000;
/** Questions that are asked at once. */
const CONCURRENCY = 4;

/** Reads what the rules need. */
export class RuleReader {
  /** Why rules saw nothing the last time, by their names. */
  readonly problems = new Map<string, string>();
  /** In which round each rule was asked about last: the oldest come first, so that none is left out for good. */
  private readonly askedIn = new Map<string, number>();
  private round = 0;

  constructor(
    private readonly rules: readonly ParsedRule[],
    private readonly metrics: MetricQuerier | null,
    private readonly timers: AlertingTimers,
    private readonly timeoutMs: number,
    private readonly onProblem: (rule: string, sentence: string) => void,
  ) {}

  /** Reads every rule; one that cannot be read, or not before all of them are due, is `null`. */
  async read(signals: readonly StoredSignal[]): Promise<Readings> {
    const readings = new Map<string, readonly Reading[] | null>();
    const queue: { name: string; metric: ParsedMetric }[] = [];
    for (const { name, source } of this.rules) {
      if (source.kind === 'health') readings.set(name, healthReadings(source.health, signals));
      else queue.push({ name, metric: source.metric });
    }
    // One deadline for all, so that metrics that hang never hold up health for longer, however many they are.
    const due = new Deadline(this.timers, this.timeoutMs);
    const roundOf = (rule: string): number => this.askedIn.get(rule) ?? 0;
    queue.sort((a, b) => roundOf(a.name) - roundOf(b.name));
    this.round += 1;
    const worker = async (): Promise<void> => {
      for (let next = queue.shift(); next; next = queue.shift()) {
        readings.set(next.name, await this.ask(next.name, next.metric, due));
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, worker));
    due.cancel();
    return readings;
  }

  private async ask(rule: string, metric: ParsedMetric, due: Deadline): Promise<readonly Reading[] | null> {
    if (!this.metrics) return null;
    const { name, window, aggregation, labels, groupBy, minCoverage } = metric;
    try {
      const question = {
        metricName: name,
        timeWindow: window,
        aggregation,
        ...(Object.keys(labels).length > 0 ? { labels } : {}),
        ...(groupBy.length > 0 ? { groupBy } : {}),
      };
      if (due.over) throw due.error;
      this.askedIn.set(rule, this.round);
      const asked = this.metrics.getMetrics(question, { maxGroups: MAX_GROUPS, reserved: true });
      const results = await Promise.race([asked, due.passed]);
      this.problems.delete(rule);
      return results.map((result) => readingOf(result, groupBy, minCoverage));
    } catch (thrown) {
      // A metric that nobody has recorded yet has no data; one whose name is misspelt never will.
      if (isFleetdeckError(thrown) && thrown.code === 'UNKNOWN_METRIC') {
        this.tell(rule, `Rule ${rule} has no data: nobody has declared or recorded the metric "${name}".`);
        return [];
      }
      this.tell(rule, `Rule ${rule} cannot be read, so it stays as it is: ${messageOf(thrown)}`);
      return null;
    }
  }

  private tell(rule: string, sentence: string): void {
    this.problems.set(rule, sentence);
    this.onProblem(rule, sentence);
  }
}

/** One deadline for many questions. */
class Deadline {
  readonly error: Error;
  /** Rejects when it is over. */
  readonly passed: Promise<never>;
  over = false;
  cancel: () => void = () => undefined;

  constructor(timers: AlertingTimers, ms: number) {
    this.error = new Error(`No answer within ${ms} ms.`);
    this.passed = new Promise((_resolve, reject) => {
      this.cancel = timers.after(ms, () => {
        this.over = true;
        reject(this.error);
      });
    });
    // It may pass when nobody asks any more.
    this.passed.catch(() => undefined);
  }
}

function readingOf(
  { labels, points }: MetricResult,
  groupBy: readonly string[],
  minCoverage: number,
): Reading {
  const point = points.at(-1);
  const covered = minCoverage === 0 || (point?.coverage ?? 1) >= minCoverage;
  const value = point?.value ?? null;
  return {
    labels: Object.fromEntries(groupBy.map((name) => [name, labels[name] ?? ''])),
    value: covered && value !== null && Number.isFinite(value) ? value : null,
  };
}

const HEALTH_PREFIX = 'health:';

/** What a health rule sees: the components that are not well, each as the worst of what the replicas say. */
export function healthReadings(
  { component, except }: { component: string; except: readonly string[] },
  signals: readonly StoredSignal[],
): Reading[] {
  const worst = new Map<string, Reading>();
  for (const { source, severity, message } of signals) {
    const name = source.startsWith(HEALTH_PREFIX) ? source.slice(HEALTH_PREFIX.length) : source;
    if (component === '*' ? except.includes(name) : name !== component) continue;
    const value = severity === 'critical' ? 2 : 1;
    if (value > (worst.get(name)?.value ?? 0)) {
      worst.set(name, { labels: { component: name }, value, reason: message });
    }
  }
  return [...worst.values()];
}
