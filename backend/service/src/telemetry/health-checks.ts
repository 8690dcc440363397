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
  // Between two processes one answer may be lost by chance, and one may come by chance while the other end starts.
  const remote = { failureThreshold: 2, successThreshold: 2 } as const;
  return [
    postgresHealth(dataSource, { ...remote, intervalMs: 5_000 }),
    eventLoopHealth({ ...optional, intervalMs: 5_000 }),
    memoryHealth(optional),
    diskHealth(dataDir, { ...optional, intervalMs: 30_000 }),
    ...(redisUrl === null ? [] : [redisHealth(redisUrl, { ...optional, ...remote })]),
    ...(amqpUrl === null
      ? []
      : [
          rabbitmqHealth(amqpUrl, {
            ...optional,
            ...remote,
            intervalMs: 15_000,
            ...(rabbitmqManagementUrl === null ? {} : { managementUrl: rabbitmqManagementUrl }),
          }),
        ]),
    ...(dockerHost === null ? [] : [dockerHealth({ ...optional, ...remote, host: dockerHost })]),
  ];
}
