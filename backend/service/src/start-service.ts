import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { alertingMigrations } from '@fleetdeck/alerting';
import {
  leaseMigrations,
  migrateFleetdeck,
  PRINCIPAL_RESOLVER,
  ProblemFilter,
  type PrincipalResolver,
} from '@fleetdeck/kernel';
import { HealthChecker, healthMigrations } from '@fleetdeck/health';
import { metricsMigrations } from '@fleetdeck/metrics';
import { defaultDataDir } from '@fleetdeck/postgres';
import type { Logger } from 'pino';
import { allowedHosts } from './access/hosts.ts';
import { localSecret } from './access/local-secret.ts';
import { accessMigrations } from './access/migrations.ts';
import { signInLink } from './access/sign-in-link.ts';
import { sessionCookieName } from './access/service-principal-resolver.ts';
import { AppModule } from './app.module.ts';
import { CHECKOUT } from './checkout.ts';
import { openDatabase } from './database/open-database.ts';
import type { Environment } from './environment/environment.ts';
import { answerClientErrors } from './http/client-errors.ts';
import { dashboardFiles } from './http/dashboard-files.ts';
import { gatekeeper } from './http/gatekeeper.middleware.ts';
import { loadShedding } from './http/load-shedding.middleware.ts';
import { serveOpenApi } from './http/openapi.ts';
import { requestLog } from './http/request-log.middleware.ts';
import { securityHeaders } from './http/security-headers.ts';
import { NestLogger } from './logging/logger.ts';
import { StartError } from './start-error.ts';
import type { ServiceRuntime } from './service-runtime.ts';
import { RequestMeter } from './telemetry/request-meter.ts';

const DASHBOARD = join(CHECKOUT, 'frontend', 'dashboard', 'dist');
const VERSION = '0.1.0';
const BODY_LIMIT = '2mb';
/** Node's 511 drops connections when thousands of pages come back at once. */
const LISTEN_BACKLOG = 4096;
const SERVICE_FILE = 'service.json';

/** A service that is up. */
export interface RunningService {
  /** Where it listens, without a slash at the end. */
  url: string;
  /** A link that signs its bearer in once; `null` where sign-in was configured or the service is not on loopback. */
  signInUrl: string | null;
  /** Drains, flushes and stops. */
  close(): Promise<void>;
}

/**
 * Starts the service: database, migrations, application, socket.
 * @param onFatal hears, in a sentence, why the service cannot go on
 * @throws StartError and other errors whose message says in a sentence what is wrong and what to do
 */
export async function startService(
  environment: Environment,
  logger: Logger,
  onFatal: (sentence: string) => void,
): Promise<RunningService> {
  const dataDir = environment.dataDir ?? defaultDataDir(CHECKOUT);
  const database = await openDatabase(environment.databaseUrl, dataDir, onFatal, (line) =>
    logger.info({ context: 'postgres' }, line),
  );
  let app: NestExpressApplication | null = null;
  try {
    const migrations = [
      accessMigrations,
      metricsMigrations,
      healthMigrations,
      leaseMigrations,
      alertingMigrations,
    ];
    await migrateFleetdeck(database.dataSource, migrations, {
      onApplied: (module, migration) =>
        logger.info({ module, version: migration.version }, `migrated: ${migration.name}`),
    });
    const configured = environment.jwtSecret !== null || environment.oidc !== null;
    const secret = environment.jwtSecret ?? (configured ? null : localSecret(dataDir));
    let port = environment.port;
    const runtime: ServiceRuntime = {
      environment,
      dataSource: database.dataSource,
      hosts: allowedHosts(environment),
      secret,
      dashboardDir: existsSync(join(DASHBOARD, 'index.html')) ? DASHBOARD : null,
      dataDir: existsSync(dataDir) ? dataDir : CHECKOUT,
      cookieName: () =>
        sessionCookieName(
          environment.publicUrl === null ? port : Number(new URL(environment.publicUrl).port) || 443,
        ),
    };
    if (runtime.dashboardDir === null)
      logger.warn('The dashboard is not built, so only the interface is served; run npm run build.');
    const started = await createApp(runtime, logger);
    app = started;
    await listen(app, environment);
    await untilReady(app);
    port = (app.getHttpServer().address() as { port: number }).port;
    const url = `http://${environment.host.includes(':') ? `[${environment.host}]` : environment.host}:${port}${environment.basePath}`;
    const publicUrl = environment.publicUrl ?? url;
    writeServiceFile(dataDir, { url: publicUrl, pid: process.pid });
    const signInUrl =
      !configured && environment.loopback && secret !== null ? await signInLink(publicUrl, secret) : null;
    return {
      url,
      signInUrl,
      async close() {
        // Before Nest's hooks: a part that takes its time to stop must not hold up the end of readiness.
        await started.get(HealthChecker, { strict: false }).drain(environment.drainMs);
        rmSync(join(dataDir, SERVICE_FILE), { force: true });
        await started.close();
        await database.close();
      },
    };
  } catch (thrown) {
    await app?.close().catch(() => undefined);
    await database.close();
    throw thrown;
  }
}

async function createApp(runtime: ServiceRuntime, logger: Logger): Promise<NestExpressApplication> {
  const { environment } = runtime;
  const { basePath } = environment;
  const meter = new RequestMeter();
  const app = await NestFactory.create<NestExpressApplication>(AppModule.forRuntime(runtime, meter), {
    logger: new NestLogger(logger),
    abortOnError: false,
  });
  app.set('trust proxy', environment.trustProxy);
  app.disable('x-powered-by');
  app.useBodyParser('json', { limit: BODY_LIMIT });
  if (environment.allowedOrigins.length > 0) {
    app.enableCors({
      origin: environment.allowedOrigins,
      credentials: true,
      exposedHeaders: ['Retry-After', 'X-Request-Id'],
    });
  }
  app.use(requestLog(logger, meter));
  app.use(gatekeeper(runtime.hosts));
  app.use(securityHeaders(`${basePath}/api/docs`));
  app.use(`${basePath}/api`, loadShedding());
  if (runtime.dashboardDir !== null) app.use(dashboardFiles(runtime.dashboardDir, basePath));
  if (basePath !== '') app.setGlobalPrefix(basePath);
  app.useGlobalFilters(app.get(ProblemFilter));
  serveOpenApi(app, basePath, app.get<PrincipalResolver>(PRINCIPAL_RESOLVER, { strict: false }), VERSION);
  return app;
}

/** Readiness follows the checks, which have only just begun. */
async function untilReady(app: NestExpressApplication): Promise<void> {
  const checker = app.get(HealthChecker, { strict: false });
  const { components } = await checker.checkAll({ fresh: true });
  if (checker.ready) return;
  const reasons = Object.entries(components)
    .filter(([, { status, criticality }]) => criticality === 'critical' && status !== 'healthy')
    .map(([name, { reason }]) => `${name}: ${reason ?? 'not known'}`);
  throw new StartError(`The service is not ready. ${reasons.join('; ')}.`);
}

async function listen(app: NestExpressApplication, { port, host }: Environment): Promise<void> {
  const server = app.getHttpServer();
  server.requestTimeout = 30_000;
  server.headersTimeout = 10_000;
  answerClientErrors(server);
  try {
    await app.init();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ port, host, backlog: LISTEN_BACKLOG }, resolve);
    });
  } catch (thrown) {
    const { code } = thrown as { code?: unknown };
    const cause = { cause: thrown };
    if (code === 'EADDRINUSE') {
      throw new StartError(
        `PORT ${port} on ${host} is in use by another program. Stop it, or set PORT to another number.`,
        cause,
      );
    }
    if (code === 'EACCES') {
      throw new StartError(
        `PORT ${port} may not be used by this user. Set PORT to a number above 1023.`,
        cause,
      );
    }
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
      throw new StartError(
        `HOST ${host} is not an address of this machine. Set HOST to 127.0.0.1, or to one of its addresses.`,
        cause,
      );
    }
    throw thrown;
  }
}

/** Tells `npm run sign-in` where the service is. Without a folder to write to, that command asks for the address. */
function writeServiceFile(dataDir: string, content: { url: string; pid: number }): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o711 });
    writeFileSync(join(dataDir, SERVICE_FILE), `${JSON.stringify(content)}\n`, { mode: 0o600 });
  } catch {
    // A read-only container needs no such file.
  }
}
