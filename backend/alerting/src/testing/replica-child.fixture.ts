// A replica in a process of its own, for what a process cannot do to itself: be killed. It is told values by its
// parent and tells what it does.
import 'reflect-metadata';
import { Module, type DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { AlertUpdate, MetricResult } from '@fleetdeck/dto';
import { METRIC_QUERY, PUBLISHER } from '@fleetdeck/kernel';
import { DataSource } from 'typeorm';
import { Alerting, AlertingModule, webhookSink, type AlertingOptions } from '../index.ts';

/** What the parent gives as its first argument. */
export interface ReplicaSettings {
  databaseUrl: string;
  webhookUrl: string;
  secret: string;
  options: AlertingOptions;
  load: number;
}

/** What the parent says. */
export type ToReplica =
  { load: number } | { component: string; status: 'critical' | 'healthy' } | { close: true };

/** What the replica says. */
export type FromReplica = { is: 'ready' } | { is: 'evaluated' } | { is: 'changed'; to: string };

const settings = JSON.parse(process.argv[2] ?? '{}') as ReplicaSettings;
let load = settings.load;
const tell = (message: FromReplica): void => void process.send?.(message);

const metrics = {
  getMetrics(): Promise<MetricResult[]> {
    tell({ is: 'evaluated' });
    const start = new Date().toISOString();
    const points = [{ start, value: load, coverage: null }];
    return Promise.resolve([
      { metricName: 'load', aggregation: 'last', unit: '', labels: {}, points, asOf: start, position: null },
    ]);
  },
};
const publisher = {
  publish: (_topic: string, { event }: AlertUpdate) => {
    if (event) tell({ is: 'changed', to: event.to });
  },
  position: () => null,
};

const dataSource = new DataSource({
  type: 'postgres',
  url: settings.databaseUrl,
  poolErrorHandler: () => undefined,
});
await dataSource.initialize();

@Module({})
class PortsModule {
  static readonly filled: DynamicModule = {
    module: PortsModule,
    global: true,
    providers: [
      { provide: METRIC_QUERY, useValue: metrics },
      { provide: PUBLISHER, useValue: publisher },
    ],
    exports: [METRIC_QUERY, PUBLISHER],
  };
}

@Module({
  imports: [
    PortsModule.filled,
    AlertingModule.forRoot({
      ...settings.options,
      dataSource,
      sinks: [webhookSink({ url: settings.webhookUrl, secret: settings.secret })],
    }),
  ],
})
class ReplicaModule {}

const app = await NestFactory.createApplicationContext(ReplicaModule, { logger: ['error'] });
const alerting = app.get(Alerting);
process.on('message', (message: ToReplica) => {
  if ('load' in message) load = message.load;
  else if ('component' in message) {
    alerting.signal({
      source: `health:${message.component}`,
      active: message.status !== 'healthy',
      severity: 'critical',
      message: 'connect ECONNREFUSED',
      at: Date.now(),
    });
  } else {
    void app.close().then(() => process.exit(0));
  }
});
tell({ is: 'ready' });
