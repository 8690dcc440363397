import { Agent, get, type Server } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { freePort } from '@fleetdeck/kernel/testing';
import { Controller, Get, Logger, Module, ServiceUnavailableException } from '@nestjs/common';
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
});
