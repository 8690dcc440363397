import type { MetricAggregation } from '@fleetdeck/dto';
import type { LiveSeries } from '@fleetdeck/react';

/** A card of the overview. */
export interface CardSpec {
  metric: string;
  title: string;
  /** Component whose health colours the card. */
  component?: string;
  /** Shows this of the last five minutes. @default the last value, or rate */
  aggregation?: MetricAggregation;
}

/** A group of cards. Those that carry the label `node` are shown once for each replica. */
export interface SectionSpec {
  title: string;
  cards: readonly CardSpec[];
}

/** What the overview shows of the service itself. */
export const SECTIONS: readonly SectionSpec[] = [
  {
    title: 'Service',
    cards: [
      { metric: 'fleetdeck_process_cpu_percent', title: 'CPU' },
      { metric: 'fleetdeck_process_memory_bytes', title: 'Memory', component: 'memory' },
      { metric: 'fleetdeck_event_loop_delay_ms', title: 'Event loop delay, max', component: 'event-loop' },
      { metric: 'fleetdeck_http_requests_total', title: 'Requests' },
      { metric: 'fleetdeck_http_request_duration_ms', title: 'Request latency, p95', aggregation: 'p95' },
    ],
  },
  {
    title: 'Host',
    cards: [
      { metric: 'fleetdeck_host_cpu_percent', title: 'CPU, all cores' },
      { metric: 'fleetdeck_host_memory_percent', title: 'Memory in use' },
    ],
  },
  {
    title: 'PostgreSQL',
    cards: [
      { metric: 'fleetdeck_postgres_connections', title: 'Connections', component: 'postgres' },
      { metric: 'fleetdeck_postgres_transactions_total', title: 'Transactions' },
    ],
  },
];

/** Names of all metrics that the sections show. */
export const OVERVIEW_METRICS = SECTIONS.flatMap(({ cards }) => cards.map(({ metric }) => metric));

/** Metrics of Fleetdeck's own modules begin so; every other name was reported by somebody's own program. */
export const OWN_PREFIX = 'fleetdeck_';

/** A section as it is drawn: one for each replica that reports, so that their values are never mixed. */
export interface DrawnSection {
  key: string;
  title: string;
  cards: { spec: CardSpec; series: LiveSeries | null }[];
}

/** Deals the series out to the sections. A card whose metric has no series yet is kept, to show that it is awaited. */
export function drawSections(series: readonly LiveSeries[]): DrawnSection[] {
  return SECTIONS.flatMap(({ title, cards }) => {
    const own = series.filter(({ metric }) => cards.some((card) => card.metric === metric.name));
    const nodes = [...new Set(own.map(({ labels }) => labels['node'] ?? ''))].toSorted();
    const shown = nodes.length === 0 ? [''] : nodes;
    return shown.map((node) => ({
      key: `${title}:${node}`,
      title: shown.length > 1 || node !== '' ? [title, node].filter(Boolean).join(', ') : title,
      cards: cards.map((spec) => ({
        spec,
        series:
          own.find(({ metric, labels }) => metric.name === spec.metric && (labels['node'] ?? '') === node) ??
          null,
      })),
    }));
  });
}

/** What a series is called: its metric's help or name, and the labels that tell it from its siblings. */
export function seriesTitle({ metric, labels }: Pick<LiveSeries, 'metric' | 'labels'>): string {
  const tags = Object.entries(labels).map(([name, value]) => `${name} ${value}`);
  return tags.length === 0 ? metric.name : `${metric.name} (${tags.join(', ')})`;
}
