// One Nest application with every way to answer "how are you": ours, a bare handler, plain Terminus, live SQL pings.
// All stand behind the same middleware but our probes, which are answered ahead of it; `/health/ready/` is the same answer
// behind it. It says its address, then takes commands on its standard input, and answers
// each with one line of JSON: "flip <status>" of the first provider, "cpu" the microseconds that it has computed so far,
// "hang <on|off>" whether the last
// provider answers no more, "runs" how often each provider has run, "fresh <n>" how often each runs for so many fresh reports at once, "stop".
import 'reflect-metadata';
import { createInterface } from 'node:readline';
import { Controller, Get, Inject, Injectable, Module, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { HealthCheckService, HealthIndicatorService, TerminusModule } from '@nestjs/terminus';
import pg from 'pg';
import { HealthChecker, TerminusHealthModule } from '@fleetdeck/health';
import { AccessGuard, PRINCIPAL_RESOLVER } from '@fleetdeck/kernel';

const INDICATORS = 10;
const TIMEOUT_MS = 1_000;
const intervalMs = Number(process.env.INTERVAL_MS);
const pool = new pg.Pool({
  connectionString: process.env.DATABASE_URL,
  max: INDICATORS,
  idleTimeoutMillis: 0,
});

/** The decorators of a class without a compiler. */
const decorate = (target, { is = [], routes = {}, injects = [] }) => {
  for (const [name, decorators] of Object.entries(routes)) {
    const descriptor = Object.getOwnPropertyDescriptor(target.prototype, name);
    for (const decorator of decorators) decorator(target.prototype, name, descriptor);
  }
  injects.forEach((token, index) => Inject(token)(target, undefined, index));
  for (const decorator of is) decorator(target);
  return target;
};

let flipped = 'healthy';
let hangs = false;
const runs = Array.from({ length: INDICATORS }, () => 0);
const checks = Array.from({ length: INDICATORS }, (_, index) => ({
  healthName: `component-${index}`,
  // The last one may hang, which must not end readiness.
  healthOptions: { intervalMs, ...(index === INDICATORS - 1 ? { criticality: 'optional' } : {}) },
  checkHealth() {
    runs[index] += 1;
    if (hangs && index === INDICATORS - 1) return new Promise(() => undefined);
    return Promise.resolve({ status: index === 0 ? flipped : 'healthy', details: { index } });
  },
}));

class Answers {
  constructor(health, indicators) {
    this.health = health;
    this.indicators = indicators;
  }

  bare() {
    return { status: 'ready' };
  }

  terminus() {
    return this.health.check(
      checks.map(
        ({ healthName }) =>
          () =>
            this.indicators
              .check(healthName)
              .attempt(() => undefined)
              .withTimeout(TIMEOUT_MS),
      ),
    );
  }

  async sql() {
    await Promise.all(checks.map(() => pool.query('select 1')));
    return { status: 'ready' };
  }
}
decorate(Answers, {
  is: [Controller()],
  injects: [HealthCheckService, HealthIndicatorService],
  routes: { bare: [Get('bare')], terminus: [Get('terminus')], sql: [Get('sql')] },
});

/** A report of the same size, made by a handler behind the same guard. */
const sample = {
  overallStatus: 'healthy',
  components: Object.fromEntries(
    checks.map(({ healthName }) => [
      healthName,
      {
        ...{ status: 'healthy', since: new Date().toISOString(), latencyMs: 0.1, reason: null },
        ...{
          checkedAt: new Date().toISOString(),
          criticality: 'critical',
          intervalMs,
          details: { index: 0 },
        },
      },
    ]),
  ),
  asOf: new Date().toISOString(),
  position: null,
};
class Reports {
  report() {
    return sample;
  }
}
decorate(Reports, { is: [Controller(), UseGuards(AccessGuard)], routes: { report: [Get('bare-report')] } });

class Resolver {
  resolve({ headers }) {
    const known = headers.authorization === 'Bearer bench';
    return Promise.resolve(
      known ? { subject: 'bench', role: 'admin', method: 'bearer', expiresAt: null } : null,
    );
  }
}
decorate(Resolver, { is: [Injectable()] });

class Shared {}
Module({
  providers: [{ provide: PRINCIPAL_RESOLVER, useClass: Resolver }],
  exports: [PRINCIPAL_RESOLVER],
})(Shared);
class App {}
Module({
  imports: [
    { module: Shared, global: true },
    TerminusModule.forRoot({ logger: false }),
    TerminusHealthModule.forRoot({ checks }),
  ],
  controllers: [Answers, Reports],
})(App);

const app = await NestFactory.create(App, { logger: false });
app.use((_request, response, next) => {
  response.setHeader('X-Content-Type-Options', 'nosniff');
  next();
});
await app.listen(0, '127.0.0.1');
const checker = app.get(HealthChecker, { strict: false });
const commands = {
  flip: (status) => (flipped = status),
  hang: (how) => (hangs = how === 'on'),
  cpu() {
    const { user, system } = process.cpuUsage();
    return user + system;
  },
  runs: () => runs,
  async fresh(count) {
    const before = [...runs];
    await Promise.all(Array.from({ length: Number(count) }, () => checker.checkAll({ fresh: true })));
    return runs.map((each, index) => each - before[index]);
  },
  stop,
};
const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);
createInterface({ input: process.stdin }).on('line', (line) => {
  const [command, ...rest] = line.split(' ');
  void Promise.resolve(commands[command](...rest)).then(say);
});
say(`http://127.0.0.1:${app.getHttpServer().address().port}`);

async function stop() {
  await app.close();
  await pool.end();
  process.exit(0);
}
