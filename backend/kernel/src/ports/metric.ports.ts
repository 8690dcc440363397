import type { MetricDescriptor, MetricLabels, MetricQuery, MetricResult } from '@fleetdeck/dto';

/** What a declaration must say; the rest has defaults: no unit, no labels, no interval, no good direction. */
export type MetricDeclaration = Pick<MetricDescriptor, 'name' | 'kind'> &
  Partial<Omit<MetricDescriptor, 'name' | 'kind'>> & {
    /**
     * Whether single points are kept for a while, so that windows end to the millisecond; `false` keeps the roll-ups
     * of its minutes only, for what is measured very often. @default true
     */
    raw?: boolean;
  };

/** Takes measured values. `MetricsAggregator` implements it. Recording never throws and never waits. */
export interface MetricSink {
  declare(metrics: readonly MetricDeclaration[]): void;
  /**
   * Records a value; of a counter the total that somebody else keeps. Totals of several need a series each.
   * @param at when it was measured, in milliseconds since the epoch; now when left out
   */
  record(name: string, value: number, labels?: MetricLabels, at?: number): void;
  /**
   * Counts something of our own, from the first time on; what several processes count in one series adds up.
   * @param by 0 or more, 1 when left out
   */
  increment(name: string, by?: number, labels?: MetricLabels): void;
}

/** Injection token of the {@link MetricSink}. */
export const METRIC_SINK = Symbol.for('@fleetdeck/kernel/METRIC_SINK');

/** Answers questions about recorded values. `MetricsAggregator` implements it. */
export interface MetricQuerier {
  getMetrics(query: MetricQuery, limits?: MetricQueryLimits): Promise<MetricResult[]>;
}

/** Bounds of an answer, for callers within the process. */
export interface MetricQueryLimits {
  /** The most groups of an answer; beyond it the question is refused. @default 200 */
  maxGroups?: number;
  /**
   * Whether it is read in places kept for those who must not wait behind other questions, as rules of alerts do.
   * @default false
   */
  reserved?: boolean;
}

/** Injection token of the {@link MetricQuerier}. */
export const METRIC_QUERY = Symbol.for('@fleetdeck/kernel/METRIC_QUERY');
