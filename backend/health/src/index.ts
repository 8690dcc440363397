export type { HealthCheck, HealthCheckAnswer } from './check/health-check.ts';
export { MAX_TRANSITIONS, type HealthTransition } from './history/transition.ts';
export {
  CHECK_DURATION_METRIC,
  HEALTH_TOPIC,
  HISTORY_LOST_METRIC,
  TRANSITIONS_METRIC,
} from './health.announcer.ts';
export { HealthChecker, MAX_COMPONENTS } from './health.checker.ts';
export type { HealthModuleExtras } from './health.module-definition.ts';
export { TerminusHealthModule } from './health.module.ts';
export { HealthProvider, type HealthProviding } from './health-provider.decorator.ts';
export type {
  ErrorRateThresholds,
  HealthCheckContributor,
  HealthCheckOptions,
  HealthDefaults,
  HealthGroups,
  HealthHistoryOptions,
  HealthHttpOptions,
  HealthModuleOptions,
  LatencyThresholds,
} from './health.options.ts';
export { HealthHistoryKeeper, type HistoryState, type KnownPast } from './history/history-keeper.ts';
export {
  HealthHistoryReader,
  type HealthHistoryQuery,
  type HealthTimelineQuery,
} from './history/history-reader.ts';
export type { HistoryDatabase } from './history/history-store.ts';
export { healthMigrations } from './history/migrations/health-migrations.ts';
export type { HealthRun, SeenTransition, TransitionRecord } from './history/transition.ts';
export { HEALTH_TIMERS, type HealthTimers } from './health.timers.ts';
export {
  broadcastHealth,
  type BroadcastHealthOptions,
  type PositionSource,
} from './providers/broadcast.health.ts';
export { diskHealth, type DiskHealthOptions, type FileSystemFigures } from './providers/disk.health.ts';
export { dockerHealth, type DockerHealthOptions } from './providers/docker.health.ts';
export {
  eventLoopHealth,
  type DelayHistogram,
  type EventLoopHealthOptions,
} from './providers/event-loop.health.ts';
export { httpHealth, type HttpHealthOptions } from './providers/http.health.ts';
export {
  auditSealLagHealth,
  lagHealth,
  metricsLagHealth,
  type LagHealthOptions,
  type LagPresetOptions,
} from './providers/lag.health.ts';
export { memoryHealth, type MemoryFigures, type MemoryHealthOptions } from './providers/memory.health.ts';
export { postgresHealth, type PostgresHealthOptions, type Queryable } from './providers/postgres.health.ts';
export { rabbitmqHealth, type RabbitmqHealthOptions } from './providers/rabbitmq.health.ts';
export { redisHealth, type RedisHealthOptions, type RedisPing } from './providers/redis.health.ts';
export type { Levels, LevelsMs } from './providers/levels.ts';
export { overallStatus } from './report/overall-status.ts';
export type { ProbeAnswer } from './report/probe-answers.ts';
export type { TerminusComponent, TerminusReport } from './report/terminus-report.ts';
