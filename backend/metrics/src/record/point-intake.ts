import {
  MAX_FIELD_PROBLEMS,
  MAX_REJECTED_POINTS,
  type FieldProblem,
  type MetricLabels,
  type MetricPointInput,
  type MetricPointRejected,
} from '@fleetdeck/dto';
import { FleetdeckError } from '@fleetdeck/kernel';
import type { ResolvedMetricsOptions } from '../metrics.options.ts';
import { seriesLabelsProblem } from '../registry/labels.ts';
import type { MetricRegistry } from '../registry/metric-registry.ts';
import type { MetricEntry, Series } from '../registry/series.ts';
import { HOUR_MS } from '../store/tiers.ts';
import type { LossReason } from './losses.ts';
import type { PointBatch } from './point-buffer.ts';

/** How far ahead of this clock a point may be, in milliseconds. */
const MAX_AHEAD_MS = 300_000;

/** Undeclared names of one batch for which the nearest ones are looked for: each is compared with all that are known. */
const MAX_HINTS = 5;

/** The labels of a point that has none; the same object each time, so that they need no check. */
export const NO_LABELS: MetricLabels = Object.freeze({});

/** Decides which points are taken, and to which series they belong. */
export class PointIntake {
  private readonly maxLateMs: number;

  constructor(
    private readonly registry: MetricRegistry,
    private readonly options: Pick<
      ResolvedMetricsOptions,
      'undeclared' | 'maxLateHours' | 'maxSeriesPerMetric'
    >,
  ) {
    this.maxLateMs = options.maxLateHours * HOUR_MS;
  }

  /** Why a value of this time is not taken, whatever its series; `null` when it is. */
  judgeValue(value: number, at: number, now: number): LossReason | null {
    if (!Number.isFinite(value)) return 'notFinite';
    if (at > now + MAX_AHEAD_MS) return 'future';
    // The other way round, so that a time that is no number is refused too.
    return at >= now - this.maxLateMs ? null : 'late';
  }

  /** The metric of a point, or why it is not taken. Adopts the name when undeclared ones are gauges. */
  judge(
    name: string,
    value: number,
    labels: MetricLabels,
    at: number,
    now: number,
  ): MetricEntry | LossReason {
    const refused = this.judgeValue(value, at, now);
    if (refused !== null) return refused;
    const known = this.registry.get(name);
    if (labels !== NO_LABELS && seriesLabelsProblem(labels, known?.allowedLabels ?? null) !== null)
      return 'labels';
    return known ?? this.adopt(name) ?? 'undeclared';
  }

  /** The series of a point that was taken. */
  seriesOf(metric: MetricEntry, labels: MetricLabels, now: number): Series {
    const series = metric.seriesOf(labels, this.options.maxSeriesPerMetric);
    series.recordedAt = now;
    return series;
  }

  /**
   * The points that can be taken, as one batch, and those that cannot.
   * @param places where each stands in what was sent, for those that name it; their own order when left out
   * @throws FleetdeckError `INVALID_INPUT` naming what is wrong, when none can be taken
   */
  batchOf(
    points: readonly MetricPointInput[],
    now: number,
    places?: readonly number[],
  ): { batch: PointBatch; rejected: MetricPointRejected[]; rejectedCount: number } {
    const rejected: MetricPointRejected[] = [];
    let rejectedCount = 0;
    const hints = new Map<string, string>();
    const series: Series[] = [];
    const at: number[] = [];
    const values: number[] = [];
    points.forEach((point, i) => {
      const when = point.at === undefined ? now : Date.parse(point.at);
      const judged = this.judge(point.name, point.value, point.labels ?? NO_LABELS, when, now);
      if (typeof judged === 'string') {
        rejectedCount += 1;
        const index = places?.[i] ?? i;
        if (rejected.length < MAX_REJECTED_POINTS) {
          rejected.push({ index, ...this.explain(`points[${index}]`, point, judged, hints) });
        }
        return;
      }
      series.push(this.seriesOf(judged, point.labels ?? NO_LABELS, now));
      at.push(when);
      values.push(point.value);
    });
    const [first] = rejected;
    if (first && series.length === 0) {
      const fields: FieldProblem[] = rejected
        .slice(0, MAX_FIELD_PROBLEMS)
        .map(({ field, message }) => ({ field, message }));
      throw new FleetdeckError(
        'INVALID_INPUT',
        `${first.field} ${first.message}. None of the points was taken.`,
        { fields },
      );
    }
    return { batch: { series, at, values }, rejected, rejectedCount };
  }

  private adopt(name: unknown): MetricEntry | null {
    return this.options.undeclared === 'gauge' && typeof name === 'string' ? this.registry.adopt(name) : null;
  }

  private explain(
    path: string,
    point: MetricPointInput,
    reason: LossReason,
    hints: Map<string, string>,
  ): FieldProblem {
    switch (reason) {
      case 'notFinite':
        return { field: `${path}.value`, message: 'must be a finite number' };
      case 'future':
        return {
          field: `${path}.at`,
          message: `must not lie more than ${MAX_AHEAD_MS / 60_000} minutes in the future`,
        };
      case 'late':
        return {
          field: `${path}.at`,
          message: `must not be older than ${this.options.maxLateHours} hours, which is how late a point may come`,
        };
      case 'labels': {
        const allowed = this.registry.get(point.name)?.allowedLabels ?? null;
        return {
          field: `${path}.labels`,
          message: seriesLabelsProblem(point.labels, allowed) ?? 'is not valid',
        };
      }
      default:
        return {
          field: `${path}.name`,
          message: `is "${point.name}", which nobody declared${this.hintOf(point.name, hints)}`,
        };
    }
  }

  private hintOf(name: string, hints: Map<string, string>): string {
    if (!hints.has(name) && hints.size < MAX_HINTS) hints.set(name, this.registry.hint(name));
    return hints.get(name) ?? '';
  }
}
