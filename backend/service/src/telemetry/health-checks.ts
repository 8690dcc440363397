import {
  diskHealth,
  dockerHealth,
  eventLoopHealth,
  memoryHealth,
  postgresHealth,
  rabbitmqHealth,
  redisHealth,
  type HealthCheckContributor,
} from '@fleetdeck/health';
import type { ServiceRuntime } from '../service-runtime.ts';

/** What the service watches: itself, its database, and whatever else its environment names. */
export function healthChecks({ environment, dataSource, dataDir }: ServiceRuntime): HealthCheckContributor[] {
  const { redisUrl, amqpUrl, rabbitmqManagementUrl, dockerHost } = environment;
  // Without these the service still answers; being restarted would not bring them back.
  const optional = { criticality: 'optional' } as const;
  return [
    postgresHealth(dataSource, { intervalMs: 5_000 }),
    eventLoopHealth({ ...optional, intervalMs: 5_000 }),
    memoryHealth(optional),
    diskHealth(dataDir, { ...optional, intervalMs: 30_000 }),
    ...(redisUrl === null ? [] : [redisHealth(redisUrl, optional)]),
    ...(amqpUrl === null
      ? []
      : [
          rabbitmqHealth(amqpUrl, {
            ...optional,
            intervalMs: 15_000,
            ...(rabbitmqManagementUrl === null ? {} : { managementUrl: rabbitmqManagementUrl }),
          }),
        ]),
    ...(dockerHost === null ? [] : [dockerHealth({ ...optional, host: dockerHost })]),
  ];
}
