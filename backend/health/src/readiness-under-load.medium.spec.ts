import { Agent, get, type Server } from 'node:http';
import { describe, expect, it, jest } from '@jest/globals';
import { freePort } from '@fleetdeck/kernel/testing';
import {
  Controller,
  Get,
  Inject,
  Injectable,
  Logger,
  Module,
  ServiceUnavailableException,
  type OnModuleDestroy,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { HealthChecker } from './health.checker.ts';
import { TerminusHealthModule } from './health.module.ts';

Logger.overrideLogger(false);

const WORKERS = 20;
const ENOUGH = 300;

/** The status of an answer on a connection of its own; `null` when nobody answers. */
function ask(port: number, path: string): Promise<number | null> {
  return new Promise((resolve) => {
    const asked = get({ host: '127.0.0.1', port, path, agent: new Agent({ keepAlive: false }) }, (answer) => {
      answer.resume();
      answer.once('end', () => resolve(answer.statusCode ?? null));
      answer.once('error', () => resolve(null));
    });
    asked.once('error', () => resolve(null));
  });
}

describe('readiness under load, from before the start until after the end', () => {
  it('refuses no request that it was announced to be ready for', async () => {
    let opened: () => void = () => undefined;
    const opening = new Promise<void>((resolve) => (opened = resolve));
    let open = false;

    @Controller()
    class Work {
      @Get('work')
      async work(): Promise<string> {
        if (!open) throw new ServiceUnavailableException();
        await new Promise((resolve) => setTimeout(resolve, 5));
        return 'done';
      }
    }
    @Module({
      imports: [
        TerminusHealthModule.forRoot({
          shutdownDrainMs: 1000,
          defaults: { timeoutMs: 20_000, intervalMs: 100 },
          checks: [
            {
              healthName: 'db',
              async checkHealth() {
                await opening;
                return { status: open ? 'healthy' : 'critical' };
              },
            },
          ],
        }),
      ],
      controllers: [Work],
    })
    class Story {}

    const port = await freePort();
    const probes: (number | null)[] = [];
    let worked = 0;
    const refused: unknown[] = [];
    let over = false;
    const enough = { reached: () => undefined as void, at: ENOUGH };
    const reached = new Promise<void>((resolve) => (enough.reached = resolve));
    const load = Array.from({ length: WORKERS }, async () => {
      while (!over) {
        const probe = await ask(port, '/health/ready');
        if (probes.at(-1) !== probe) probes.push(probe);
        if (probe !== 200) continue;
        const answer = await ask(port, '/work');
        if (answer === 200) worked += 1;
        else refused.push(answer);
        if (worked >= enough.at) enough.reached();
      }
    });

    const app = await NestFactory.create(Story, { logger: false });
    await app.listen(port, '127.0.0.1');
    // It listens, and its database is not open yet.
    while (!probes.includes(503)) await new Promise((resolve) => setImmediate(resolve));
    expect([worked, refused]).toEqual([0, []]);
    open = true;
    opened();
    await reached;
    await app.close();
    expect(app.get(HealthChecker, { strict: false }).ready).toBe(false);
    expect((app.getHttpServer() as Server).listening).toBe(false);
    while (probes.at(-1) !== null) await new Promise((resolve) => setImmediate(resolve));
    over = true;
    await Promise.all(load);

    expect(refused).toEqual([]);
    expect(worked).toBeGreaterThanOrEqual(ENOUGH);
    const last = probes.lastIndexOf(200);
    expect(probes[last + 1]).toBe(503);
    expect(probes.at(-1)).toBeNull();
  });

  it.each([
    ['before', 'close'],
    ['after', 'close'],
    ['before', 'signal'],
    ['after', 'signal'],
  ] as const)(
    'serves on until it is drained, whatever stops in a module that is imported %s it, on %s',
    async (place, how) => {
      @Injectable()
      class Database implements OnModuleDestroy {
        open = true;
        readiness: number | null = null;
        async onModuleDestroy(): Promise<void> {
          this.open = false;
          this.readiness = await ask(port, '/health/ready');
        }
      }
      @Module({ providers: [Database], exports: [Database] })
      class DatabaseModule {}
      @Controller()
      class Work {
        constructor(@Inject(Database) private readonly database: Database) {}
        @Get('work')
        work(): string {
          if (!this.database.open) throw new ServiceUnavailableException();
          return 'done';
        }
      }
      const health = TerminusHealthModule.forRoot({ shutdownDrainMs: 300 });
      @Module({
        imports: place === 'before' ? [DatabaseModule, health] : [health, DatabaseModule],
        controllers: [Work],
      })
      class Story {}

      const port = await freePort();
      const app = await NestFactory.create(Story, { logger: false });
      if (how === 'signal') app.enableShutdownHooks(['SIGUSR2'], { useProcessExit: true });
      await app.listen(port, '127.0.0.1');
      const exited = new Promise<void>((resolve) => {
        jest.spyOn(process, 'exit').mockImplementation((() => resolve()) as never);
      });

      const refused: unknown[] = [];
      let worked = 0;
      let over = false;
      let enough: () => void = () => undefined;
      const reached = new Promise<void>((resolve) => (enough = resolve));
      const load = Array.from({ length: WORKERS }, async () => {
        while (!over) {
          if ((await ask(port, '/health/ready')) !== 200) continue;
          const answer = await ask(port, '/work');
          if (answer === 200) worked += 1;
          else refused.push(answer);
          if (worked >= ENOUGH) enough();
        }
      });
      await reached;
      if (how === 'close') await app.close();
      else {
        process.emit('SIGUSR2', 'SIGUSR2');
        await exited;
      }
      over = true;
      await Promise.all(load);
      jest.restoreAllMocks();
      expect([app.get(Database).readiness, refused]).toEqual([503, []]);
    },
  );
});
