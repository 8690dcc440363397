import {
  Inject,
  Logger,
  Module,
  type BeforeApplicationShutdown,
  type HttpServer,
  type NestModule,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { DiscoveryModule, HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { TerminusModule } from '@nestjs/terminus';
import { CLOCK, FleetdeckError, type Clock } from '@fleetdeck/kernel';
import { HealthAnnouncer } from './health.announcer.ts';
import { HealthChecker } from './health.checker.ts';
import { HealthDiscovery } from './health.discovery.ts';
import {
  DEFAULT_PREFIX,
  GIVEN_OPTIONS,
  HEALTH_HTTP_OPTIONS,
  HealthModuleBase,
} from './health.module-definition.ts';
import { HEALTH_MODULE_OPTIONS, type HealthHttpOptions, type HealthModuleOptions } from './health.options.ts';
import { HealthHistoryKeeper } from './history/history-keeper.ts';
import { HealthHistoryReader } from './history/history-reader.ts';
import { HistoryHealth } from './history/history.health.ts';
import { doubledRoutes, mountProbes } from './http/probe-routes.ts';
import { readModuleOptions } from './read-module-options.ts';

const ONCE =
  'Import forRoot() or forRootAsync() once, with isGlobal: true, and inject HealthChecker wherever it is needed.';

function refuseBareImport(): never {
  throw new FleetdeckError('INVALID_INPUT', `TerminusHealthModule is imported without forRoot(). ${ONCE}`);
}

/**
 * Scheduled health checks, answered from a snapshot: `HealthChecker` to inject, probes and a report over HTTP, the
 * topic `health`. Terminus' indicators can be injected beside it and used in checks.
 *
 * @example
 * TerminusHealthModule.forRootAsync({
 *   inject: [DataSource],
 *   useFactory: (dataSource: DataSource) => ({ checks: [postgresHealth(dataSource), eventLoopHealth()] }),
 *   http: { prefix: 'ops/health' },
 * })
 */
@Module({
  imports: [TerminusModule, DiscoveryModule],
  providers: [
    // forRoot() and forRootAsync() put theirs in the place of these two.
    { provide: GIVEN_OPTIONS, useFactory: refuseBareImport },
    { provide: HEALTH_HTTP_OPTIONS, useValue: false },
    { provide: HEALTH_MODULE_OPTIONS, useFactory: readModuleOptions, inject: [GIVEN_OPTIONS] },
    HealthAnnouncer,
    HealthChecker,
    HealthDiscovery,
    HealthHistoryKeeper,
    HealthHistoryReader,
    {
      provide: HistoryHealth,
      // What is in memory only cannot fail.
      useFactory: (keeper: HealthHistoryKeeper, clock?: Clock) =>
        keeper.state.durable ? new HistoryHealth(keeper, clock) : null,
      inject: [HealthHistoryKeeper, { token: CLOCK, optional: true }],
    },
  ],
  exports: [HealthChecker, HealthHistoryReader, TerminusModule],
})
export class TerminusHealthModule
  extends HealthModuleBase
  implements NestModule, OnApplicationBootstrap, OnModuleDestroy, BeforeApplicationShutdown
{
  private readonly logger = new Logger('FleetdeckHealth');
  private probePaths: string[] = [];

  constructor(
    @Inject(HealthChecker) private readonly checker: HealthChecker,
    @Inject(HealthAnnouncer) private readonly announcer: HealthAnnouncer,
    @Inject(HealthHistoryKeeper) private readonly keeper: HealthHistoryKeeper,
    @Inject(HealthDiscovery) private readonly discovery: HealthDiscovery,
    @Inject(HEALTH_MODULE_OPTIONS) private readonly options: HealthModuleOptions,
    @Inject(HEALTH_HTTP_OPTIONS) private readonly http: HealthHttpOptions,
    @Inject(HttpAdapterHost) private readonly adapterHost: HttpAdapterHost,
    @Inject(ModulesContainer) modules: ModulesContainer,
  ) {
    super();
    const ours = [...modules.values()].filter(({ metatype }) => metatype === TerminusHealthModule);
    if (ours.length > 1) {
      throw new FleetdeckError(
        'INVALID_INPUT',
        `TerminusHealthModule is imported more than once, so that every check would run twice. ${ONCE}`,
      );
    }
  }

  // Nest calls this before it registers routes, so that a catch-all route cannot swallow the probes.
  configure(): void {
    if (this.http === false) return;
    this.probePaths = mountProbes(
      this.adapterHost.httpAdapter,
      this.http.probesPrefix ?? 'health',
      this.checker.groups,
      (group) => this.checker.probeAnswer(group),
    );
  }

  onApplicationBootstrap(): void {
    this.discovery.registerAll();
    this.checker.start(this.announcer.connect());
    this.keeper.start();
    this.drainBeforeClose();
    for (const { group, name } of this.checker.missingMembers) {
      this.logger.warn(
        `The health group "${group}" names "${name}", which nobody registered yet; it counts as unknown until somebody does.`,
      );
    }
    this.nameDoubledRoutes();
  }

  // Where there is no HTTP server this is the first step of closing down that is heard of.
  async onModuleDestroy(): Promise<void> {
    await this.drain();
  }

  // After this the story service may close the database that the history is written to.
  async beforeApplicationShutdown(): Promise<void> {
    this.checker.beginShutdown();
    this.checker.leave();
    await this.keeper.close();
  }

  /**
   * Nest calls the adapter before it stops any module; the hooks of modules come one after another, so that another's
   * part could be stopped while readiness still stands.
   */
  private drainBeforeClose(): void {
    const adapter = this.adapterHost.httpAdapter as HttpServer | undefined;
    if (!adapter) return;
    // Last, since it may refuse requests from then on.
    const beforeClose = adapter.beforeClose?.bind(adapter);
    adapter.beforeClose = async () => {
      await this.drain();
      await beforeClose?.();
    };
  }

  private nameDoubledRoutes(): void {
    if (this.http === false) return;
    const report = `/${(this.http.prefix ?? DEFAULT_PREFIX).replace(/^\/+|\/+$/g, '')}`;
    for (const path of doubledRoutes(this.adapterHost.httpAdapter)) {
      if (this.probePaths.includes(path)) {
        this.logger.warn(
          `A route of this service, GET ${path}, is never reached: the probe of TerminusHealthModule answers there. Give the probes another http.probesPrefix, or take the route away.`,
        );
      } else if (path.endsWith(report)) {
        this.logger.warn(
          `GET ${path} are two routes, one of this service and the report of TerminusHealthModule, and only one of them is reached. Give the report another http.prefix.`,
        );
      }
    }
  }

  private async drain(): Promise<void> {
    await this.checker.drain(this.checker.shuttingDown ? 0 : (this.options.shutdownDrainMs ?? 0));
  }
}
