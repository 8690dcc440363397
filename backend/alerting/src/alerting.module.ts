import { Module } from '@nestjs/common';
import { ALERT_SINK } from '@fleetdeck/kernel';
import { AlertingHealth } from './alerting.health.ts';
import { ConfigurableModuleClass } from './alerting.module-definition.ts';
import { AlertingPorts } from './alerting.ports.ts';
import { Alerting } from './alerting.service.ts';

/**
 * Evaluates rules on metrics and health, keeps incidents in PostgreSQL and tells people. Run
 * `migrateFleetdeck(dataSource, [leaseMigrations, alertingMigrations])` before the application starts.
 *
 * @example
 * AlertingModule.forRoot({
 *   rules: [{
 *     name: 'PostgresDown', health: { component: 'postgres', status: 'critical' }, forMs: 30_000,
 *     severity: 'critical', message: 'PostgreSQL does not answer: {{reason}}',
 *   }],
 *   sinks: [webhookSink({ url: 'https://pager.example.com/hook', secret: process.env.PAGER_SECRET })],
 * })
 */
@Module({
  providers: [AlertingPorts, Alerting, AlertingHealth, { provide: ALERT_SINK, useExisting: Alerting }],
  exports: [Alerting, ALERT_SINK],
})
export class AlertingModule extends ConfigurableModuleClass {}
