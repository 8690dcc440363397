import type { MetricResult } from '@fleetdeck/dto';
import { isFleetdeckError, messageOf, type MetricQuerier } from '@fleetdeck/kernel';
import type { ParsedMetric, ParsedRule } from '../rule/alert-rule.ts';
import type { Reading } from '../rule/find.ts';
import type { Readings } from '../rule/rule-engine.ts';
import type { StoredSignal } from '../store/alert-store.ts';
import { withDeadline, type AlertingTimers } from '../timers.ts';

/** A rule watches fewer series than this, and says which it leaves out; the question itself must not fail for them. */
const MAX_GROUPS = 100_000;
/** Questions that are asked at once. */
const CONCURRENCY = 4;

/** Reads what the rules need. */
export class RuleReader {
  /** Why rules saw nothing the last time, by their names. */
  readonly problems = new Map<string, string>();

  constructor(
    private readonly rules: readonly ParsedRule[],
    private readonly metrics: MetricQuerier | null,
    private readonly timers: AlertingTimers,
    private readonly timeoutMs: number,
    private readonly onProblem: (rule: string, sentence: string) => void,
  ) {}

  /** Reads every rule; one that cannot be read is `null`. */
  async read(signals: readonly StoredSignal[]): Promise<Readings> {
    const readings = new Map<string, readonly Reading[] | null>();
    const queue = [...this.rules];
    const worker = async (): Promise<void> => {
      for (let rule = queue.shift(); rule; rule = queue.shift()) {
        readings.set(
          rule.name,
          rule.source.kind === 'health'
            ? healthReadings(rule.source.health, signals)
            : await this.ask(rule.name, rule.source.metric),
        );
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, worker));
    return readings;
  }

  private async ask(rule: string, metric: ParsedMetric): Promise<readonly Reading[] | null> {
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
      const asked = this.metrics.getMetrics(question, { maxGroups: MAX_GROUPS });
      const late = () => new Error(`No answer within ${this.timeoutMs} ms.`);
      const results = await withDeadline(asked, this.timeoutMs, this.timers, late);
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
