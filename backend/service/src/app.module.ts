import { Global, Logger, Module, type DynamicModule } from '@nestjs/common';
import proxyAddr from 'proxy-addr';
import { DataSource } from 'typeorm';
import { SOCKET_PATH } from '@fleetdeck/dto';
import {
  CLOCK,
  createPostgresLease,
  LEASE,
  messageOf,
  PRINCIPAL_RESOLVER,
  ProblemFilter,
  systemClock,
} from '@fleetdeck/kernel';
import { AlertingModule } from '@fleetdeck/alerting';
import { BroadcastModule } from '@fleetdeck/broadcast';
import { TerminusHealthModule } from '@fleetdeck/health';
import { MetricsModule } from '@fleetdeck/metrics';
import { alertingSettings } from './alerts/alerting-settings.ts';
import { ServicePrincipalResolver } from './access/service-principal-resolver.ts';
import { SessionController } from './access/session.controller.ts';
import { SessionStore } from './access/session-store.ts';
import { TokenVerifier } from './access/tokens.ts';
import { trustedProxies } from './http/trusted-proxies.ts';
import { RUNTIME, type ServiceRuntime } from './service-runtime.ts';
import { healthChecks } from './telemetry/health-checks.ts';
import { SERVICE_METRICS } from './telemetry/metric-declarations.ts';
import { RequestMeter } from './telemetry/request-meter.ts';
import { SharedAnswers } from './telemetry/shared-answers.ts';
import { SystemSampler } from './telemetry/system-sampler.ts';

/** Points of a name that nobody declared are taken as gauges: people try the service with names of their own. */
const UNDECLARED = 'gauge';

/** What every module of the service needs: its database, its clock and who is calling. */
@Global()
@Module({})
class FoundationModule {
  static forRuntime(
    runtime: ServiceRuntime,
    meter: RequestMeter,
    leaseTtlMs: number | undefined,
  ): DynamicModule {
    const sessions = new SessionStore(runtime.dataSource, systemClock);
    const tokens = new TokenVerifier(runtime.secret, runtime.environment, systemClock);
    const logger = new Logger('Lease');
    const lease = createPostgresLease(runtime.dataSource, {
      ...(leaseTtlMs === undefined ? {} : { ttlMs: leaseTtlMs }),
      // Whoever works under a lease says what that means; this is for looking closer.
      onError: (name, thrown) => logger.debug(`The lease "${name}": ${messageOf(thrown)}`),
    });
    return {
      module: FoundationModule,
      providers: [
        { provide: RUNTIME, useValue: runtime },
        { provide: CLOCK, useValue: systemClock },
        { provide: DataSource, useValue: runtime.dataSource },
        { provide: LEASE, useValue: lease },
        { provide: SessionStore, useValue: sessions },
        {
          provide: PRINCIPAL_RESOLVER,
          useValue: new ServicePrincipalResolver(tokens, sessions, () => runtime.cookieName()),
        },
        { provide: RequestMeter, useValue: meter },
      ],
      exports: [RUNTIME, CLOCK, DataSource, LEASE, SessionStore, PRINCIPAL_RESOLVER, RequestMeter],
    };
  }
}

/** The reference service. */
@Module({})
export class AppModule {
  static forRuntime(runtime: ServiceRuntime, meter: RequestMeter): DynamicModule {
    const { environment, hosts } = runtime;
    const trust = trustedProxies(environment.trustProxy);
    const answers = environment.redisUrl === null ? null : new SharedAnswers(environment.redisUrl);
    const alerting = alertingSettings(environment);
    return {
      module: AppModule,
      imports: [
        FoundationModule.forRuntime(runtime, meter, alerting.leaseTtlMs),
        BroadcastModule.forRoot({
          path: environment.basePath + SOCKET_PATH,
          allowRequest: ({ headers }) => hosts.allowsHost(headers.host),
          allowOrigin: (origin, host) => hosts.allowsOrigin(origin, host),
          fanout: environment.fanout,
          clientAddress: (request) => proxyAddr(request, trust),
          ...(environment.redisUrl === null ? {} : { redis: { url: environment.redisUrl } }),
        }),
        MetricsModule.forRoot({
          dataSource: runtime.dataSource,
          undeclared: UNDECLARED,
          metrics: [...SERVICE_METRICS],
          cacheStore: answers?.store ?? null,
        }),
        AlertingModule.forRoot({ dataSource: runtime.dataSource, ...alerting }),
        TerminusHealthModule.forRoot({
          checks: healthChecks(runtime),
          shutdownDrainMs: environment.drainMs,
          history: { dataSource: runtime.dataSource, node: environment.nodeName },
        }),
      ],
      controllers: [SessionController],
      providers: [ProblemFilter, SystemSampler, { provide: SharedAnswers, useFactory: () => answers }],
    };
  }
}
