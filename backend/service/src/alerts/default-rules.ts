import type { AlertRule } from '@fleetdeck/alerting';

/** What people are told of when nobody says otherwise. */
export const DEFAULT_RULES: readonly AlertRule[] = [
  {
    name: 'PostgresDown',
    health: { component: 'postgres', status: 'critical' },
    forMs: 30_000,
    keepFiringForMs: 30_000,
    severity: 'critical',
    message: 'PostgreSQL is {{value}}: {{reason}}',
  },
  {
    name: 'ComponentUnhealthy',
    health: { component: '*', except: ['postgres', 'event-loop', 'alerting'] },
    forMs: 60_000,
    keepFiringForMs: 60_000,
    severity: 'degraded',
    // Components have little to do with each other: nobody should hear of one later for another.
    groupBy: ['rule', 'component'],
    message: '{{component}} is {{value}}: {{reason}}',
  },
  {
    name: 'EventLoopLag',
    metric: {
      name: 'fleetdeck_event_loop_delay_ms',
      window: '1m',
      aggregation: 'p95',
      groupBy: ['node'],
    },
    when: { is: 'above', value: 250, recoverAt: 100 },
    forMs: 60_000,
    keepFiringForMs: 300_000,
    severity: 'degraded',
    message: 'The event loop of {{labels.node}} is {{value}} ms late, the limit is {{threshold}} ms.',
  },
];
