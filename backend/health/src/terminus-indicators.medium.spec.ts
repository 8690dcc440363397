import { afterEach, describe, expect, it } from '@jest/globals';
import { Global, Injectable, Logger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { HttpHealthIndicator, TypeOrmHealthIndicator } from '@nestjs/terminus';
import { createTestDatabase } from '@fleetdeck/kernel/testing';
import { DataSource } from 'typeorm';
import { HealthProvider } from './health-provider.decorator.ts';
import { HealthChecker } from './health.checker.ts';
import { TerminusHealthModule } from './health.module.ts';
import { fakeHttp } from './testing/fake-servers.ts';

Logger.overrideLogger(false);

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** An application that provides nothing but what a test gives it, beside the health module. */
async function start(
  providers: (new (...given: never[]) => unknown)[],
  dataSource: DataSource | null = null,
) {
  const shared = dataSource ? [{ provide: DataSource, useValue: dataSource }] : [];
  @Global()
  @Module({ providers: shared, exports: shared })
  class Shared {}
  @Module({ imports: [Shared, TerminusHealthModule.forRoot({ http: false })], providers })
  class Story {}
  const app = await NestFactory.createApplicationContext(Story, { logger: false });
  cleanUps.push(() => app.close());
  const checker = app.get(HealthChecker, { strict: false });
  return async (name: string) => (await checker.checkAll({ fresh: true })).components[name];
}

describe('the indicator of Terminus for TypeORM', () => {
  it('runs unchanged in a provider and in register(), against a PostgreSQL that goes away', async () => {
    const database = await createTestDatabase();
    cleanUps.push(() => database.drop());
    const dataSource = new DataSource({
      ...database.dataSource.options,
      poolErrorHandler: () => undefined,
    } as never);
    await dataSource.initialize();

    @Injectable()
    @HealthProvider('orm')
    class Orm {
      constructor(private readonly orm: TypeOrmHealthIndicator) {}
      check() {
        return this.orm.pingCheck('orm', { timeout: 2000 });
      }
    }
    @Injectable()
    class Registers {
      constructor(checker: HealthChecker, orm: TypeOrmHealthIndicator) {
        checker.register('given', () => orm.pingCheck('given', { connection: dataSource }));
      }
    }
    const component = await start([Orm, Registers], dataSource);
    for (const name of ['orm', 'given']) {
      expect(await component(name)).toMatchObject({ status: 'healthy', reason: null });
    }
    await dataSource.destroy();
    for (const name of ['orm', 'given']) {
      expect(await component(name)).toMatchObject({
        status: 'critical',
        reason: expect.stringMatching(/\w/),
      });
    }
  });

  it('says what is missing when the application has no data source', async () => {
    @Injectable()
    @HealthProvider('orm')
    class Orm {
      constructor(private readonly orm: TypeOrmHealthIndicator) {}
      check() {
        return this.orm.pingCheck('orm');
      }
    }
    const component = await start([Orm]);
    expect(await component('orm')).toMatchObject({
      status: 'critical',
      reason: expect.stringContaining('Connection provider not found'),
    });
  });
});

describe('the indicator of Terminus for HTTP', () => {
  it('runs unchanged in a provider and in register(), against a server that fails and goes away', async () => {
    let status = 200;
    const server = await fakeHttp((_request, answer) => void answer.writeHead(status).end('words'));
    const url = `http://127.0.0.1:${server.port}`;

    @Injectable()
    @HealthProvider('web')
    class Web {
      constructor(private readonly http: HttpHealthIndicator) {}
      check() {
        return this.http.pingCheck('web', url);
      }
    }
    @Injectable()
    class Registers {
      constructor(checker: HealthChecker, http: HttpHealthIndicator) {
        checker.register('judged', () =>
          http.responseCheck('judged', url, ({ status }) => status === 200 || status === 503),
        );
      }
    }
    const component = await start([Web, Registers]);
    expect(await component('web')).toMatchObject({ status: 'healthy', reason: null });
    expect(await component('judged')).toMatchObject({ status: 'healthy', reason: null });
    status = 503;
    expect(await component('web')).toMatchObject({
      status: 'critical',
      reason: 'Request failed with status code 503',
      details: { statusCode: 503, statusText: 'Service Unavailable' },
    });
    expect(await component('judged')).toMatchObject({ status: 'healthy' });
    await server.close();
    for (const name of ['web', 'judged']) expect((await component(name))?.status).toBe('critical');
  });
});
