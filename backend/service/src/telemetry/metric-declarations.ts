import type { MetricDeclaration } from '@fleetdeck/kernel';

const EVERY_SECOND = { expectedEveryMs: 1_000 };

/** What the service measures of itself, its host and its PostgreSQL. */
export const SERVICE_METRICS = [
  {
    name: 'fleetdeck_process_cpu_percent',
    kind: 'gauge',
    unit: '%',
    help: 'CPU time of the service; 100 is one core.',
    labels: ['node'],
    goodDirection: 'down',
    ...EVERY_SECOND,
  },
  {
    name: 'fleetdeck_process_memory_bytes',
    kind: 'gauge',
    unit: 'By',
    help: 'Memory that the service holds (resident set).',
    labels: ['node'],
    goodDirection: 'down',
    ...EVERY_SECOND,
  },
  {
    name: 'fleetdeck_event_loop_delay_ms',
    kind: 'gauge',
    unit: 'ms',
    help: 'The longest that the event loop ran a timer late in the last second.',
    labels: ['node'],
    goodDirection: 'down',
    ...EVERY_SECOND,
  },
  {
    name: 'fleetdeck_http_requests_total',
    kind: 'counter',
    unit: '1',
    help: 'HTTP requests that the service has answered.',
    labels: ['node'],
    goodDirection: 'none',
    ...EVERY_SECOND,
  },
  {
    name: 'fleetdeck_http_request_duration_ms',
    kind: 'distribution',
    unit: 'ms',
    help: 'Time from the arrival of an HTTP request to the end of its answer.',
    labels: ['node'],
    goodDirection: 'down',
  },
  {
    name: 'fleetdeck_host_cpu_percent',
    kind: 'gauge',
    unit: '%',
    help: 'Share of all cores of the host that is busy.',
    labels: ['node'],
    goodDirection: 'down',
    ...EVERY_SECOND,
  },
  {
    name: 'fleetdeck_host_memory_percent',
    kind: 'gauge',
    unit: '%',
    help: 'Share of the host memory that is not available.',
    labels: ['node'],
    goodDirection: 'down',
    ...EVERY_SECOND,
  },
  {
    name: 'fleetdeck_postgres_connections',
    kind: 'gauge',
    unit: '1',
    help: 'Connections to the PostgreSQL database.',
    labels: [],
    goodDirection: 'none',
    ...EVERY_SECOND,
  },
  {
    name: 'fleetdeck_postgres_transactions_total',
    kind: 'counter',
    unit: '1',
    help: 'Transactions that the PostgreSQL database has ended, committed or rolled back.',
    labels: [],
    goodDirection: 'none',
    ...EVERY_SECOND,
  },
] as const satisfies readonly MetricDeclaration[];

/** Name of a metric of the service. */
export type ServiceMetric = (typeof SERVICE_METRICS)[number]['name'];
