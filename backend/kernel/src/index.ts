export { AccessGuard, CurrentPrincipal, RequireRole } from './access/access.guard.ts';
export {
  PRINCIPAL_RESOLVER,
  type Principal,
  type PrincipalRequest,
  type PrincipalResolver,
} from './access/principal.ts';
export { CLOCK, isoTime, systemClock, type Clock } from './clock.ts';
export { decodeCursor, encodeCursor, type CursorKey } from './cursor.ts';
export {
  FleetdeckError,
  isFleetdeckError,
  messageOf,
  type FleetdeckErrorOptions,
} from './fleetdeck-error.ts';
export { bindController, type ModuleHttpOptions } from './http/bind-controller.ts';
export { DtoPipe } from './http/dto.pipe.ts';
export { ProblemFilter, toFleetdeckError } from './http/problem.filter.ts';
export { leaseMigrations } from './lease/lease-migrations.ts';
export { createPostgresLease, type PostgresLeaseOptions } from './lease/postgres-lease.ts';
export { migrateFleetdeck, type MigrateOptions } from './migrations/migrate-fleetdeck.ts';
export type { Migration, MigrationSet } from './migrations/migration.ts';
export {
  ContributesHealth,
  HEALTH_CONTRIBUTOR,
  type HealthCheckOutcome,
  type HealthContributor,
  type HealthContributorOptions,
} from './ports/health.port.ts';
export { emptyPortNotice, KNOWN_PORTS } from './ports/known-ports.ts';
export { LEASE, LeaseLost, leaseLossOf, type Lease, type LeaseLossReason } from './ports/lease.port.ts';
export {
  METRIC_QUERY,
  METRIC_SINK,
  type MetricDeclaration,
  type MetricQuerier,
  type MetricQueryLimits,
  type MetricSink,
} from './ports/metric.ports.ts';
export { PUBLISHER, type Publisher } from './ports/publisher.port.ts';
export {
  ALERT_SINK,
  AUDIT_SINK,
  SECRET_SOURCE,
  type AlertSignal,
  type AlertSink,
  type AuditEntry,
  type AuditSink,
  type SecretSource,
} from './ports/sink.ports.ts';
export { systemTimers, withDeadline, type SpreadingTimers, type Timers } from './timers.ts';
