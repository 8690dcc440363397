import {
  MAX_FIELD_PROBLEMS,
  type FieldProblem,
  type MetricLabels,
  type MetricPointInput,
} from '@fleetdeck/dto';
import { FleetdeckError } from '@fleetdeck/kernel';
import type { ResolvedMetricsOptions } from '../metrics.options.ts';
import { seriesLabelsProblem } from '../registry/labels.ts';
import type { MetricRegistry } from '../registry/metric-registry.ts';
import type { MetricEntry, Series } from '../registry/series.ts';
import { HOUR_MS } from '../store/partitions.ts';
import type { LossReason } from './losses.ts';
import type { PointBatch } from './point-buffer.ts';

/** How far ahead of this clock a point may be, in milliseconds. */
const MAX_AHEAD_MS = 300_000;

/** The labels of a point that has none; the same object each time, so that they need no check. */
export const NO_LABELS: MetricLabels = Object.freeze({});

/** Decides which points are taken, and to which series they belong. */
export class PointIntake {
  private readonly retentionMs: number;

  constructor(
    private readonly registry: MetricRegistry,
    private readonly options: Pick<
      ResolvedMetricsOptions,
      'undeclared' | 'rawRetentionHours' | 'maxSeriesPerMetric'
    >,
  ) {
    this.retentionMs = options.rawRetentionHours * HOUR_MS;
  }

  /** The metric of a point, or why it is not taken. Adopts the name when undeclared ones are gauges. */
  judge(
    name: string,
    value: number,
    labels: MetricLabels,
    at: number,
    now: number,
  ): MetricEntry | LossReason {
    if (!Number.isFinite(value)) return 'notFinite';
    if (at > now + MAX_AHEAD_MS) return 'future';
    // The other way round, so that a time that is no number is refused too.
    if (!(at >= now - this.retentionMs)) return 'late';
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
   * All points as one batch.
   * @throws FleetdeckError `INVALID_INPUT` naming what is wrong with each, when something is
   */
  batchOf(points: readonly MetricPointInput[], now: number): PointBatch {
    const fields: FieldProblem[] = [];
    const metrics: MetricEntry[] = [];
    const at: number[] = [];
    for (let i = 0; i < points.length && fields.length < MAX_FIELD_PROBLEMS; i += 1) {
      const point = points[i] as MetricPointInput;
      const when = point.at === undefined ? now : Date.parse(point.at);
      const judged = this.judge(point.name, point.value, point.labels ?? NO_LABELS, when, now);
      if (typeof judged === 'string') {
        fields.push(this.explain(`points[${i}]`, point, judged));
      } else {
        metrics.push(judged);
        at.push(when);
      }
    }
    if (fields[0]) {
      const { field, message } = fields[0];
      throw new FleetdeckError('INVALID_INPUT', `${field} ${message}. None of the points was taken.`, {
        fields,
      });
    }
    const series = metrics.map((metric, i) => this.seriesOf(metric, points[i]?.labels ?? NO_LABELS, now));
    return { series, at, values: points.map((point) => point.value) };
  }

  private adopt(name: unknown): MetricEntry | null {
    return this.options.undeclared === 'gauge' && typeof name === 'string' ? this.registry.adopt(name) : null;
  }

  private explain(path: string, point: MetricPointInput, reason: LossReason): FieldProblem {
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
          message: `must not be older than ${this.options.rawRetentionHours} hours, which is how long raw points are kept`,
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
          message: `is "${point.name}", which nobody declared${this.registry.hint(point.name)}`,
        };
    }
  }
}
