// Fleetdeck's gateway as a story service has it: callers recognised, histories kept, figures recorded.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { BroadcastModule, Broadcaster } from '@fleetdeck/broadcast';
import { defineTopics, topic } from '@fleetdeck/dto';
import { METRIC_SINK, PRINCIPAL_RESOLVER } from '@fleetdeck/kernel';
import { serve } from '../peers/publisher.mjs';

const { coalesceMs = 0, ...options } = JSON.parse(process.argv[2] ?? '{}');
/** All connections of the benches come from one address at once. */
const MAX_UNAUTHENTICATED = 10_000;

const figures = new Map();
const sink = {
  declare: () => undefined,
  record: (name, value, labels) => figures.set(labels?.reason ? `${name}.${labels.reason}` : name, value),
};
const resolver = {
  resolve: ({ token }) =>
    Promise.resolve(
      token === 'bench-token'
        ? { subject: 'bench', role: 'viewer', method: 'bearer', expiresAt: Date.now() + 3_600_000 }
        : null,
    ),
};

class PortsModule {}
Module({
  providers: [
    { provide: PRINCIPAL_RESOLVER, useValue: resolver },
    { provide: METRIC_SINK, useValue: sink },
  ],
  exports: [PRINCIPAL_RESOLVER, METRIC_SINK],
})(PortsModule);

class AppModule {}
Module({
  imports: [
    { module: PortsModule, global: true },
    BroadcastModule.forRoot({
      topics: defineTopics({ bench: topic({ mode: 'log' }), 'other.*': topic({ mode: 'log' }) }),
      policies: { bench: { leastRole: 'viewer', coalesceMs }, 'other.*': { leastRole: 'viewer' } },
      maxUnauthenticatedPerAddress: MAX_UNAUTHENTICATED,
      ...options,
    }),
  ],
})(AppModule);

const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
await app.init();
const broadcaster = app.get(Broadcaster);

/** Events of topics that nobody here subscribed to. */
async function unrelated({ events }) {
  for (let i = 0; i < events; i += 1) {
    broadcaster.publish(`other.${i % 20}`, { n: i });
    if (i % 500 === 499) await new Promise(setImmediate);
  }
  return {};
}

await serve(app.getHttpServer(), {
  publish: (event) => broadcaster.publish('bench', event),
  more: { unrelated, figures: () => Object.fromEntries(figures) },
});
