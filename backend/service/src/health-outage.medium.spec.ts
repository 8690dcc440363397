import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Global, Logger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DataSource } from 'typeorm';
import {
  HEALTH_TIMERS,
  HealthChecker,
  HealthHistoryReader,
  healthMigrations,
  postgresHealth,
  TerminusHealthModule,
  type HealthTimers,
} from '@fleetdeck/health';
import { ALERT_SINK, CLOCK, migrateFleetdeck, type AlertSignal } from '@fleetdeck/kernel';
import { FakeClock } from '@fleetdeck/kernel/testing';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '@fleetdeck/postgres';

Logger.overrideLogger(false);

/** A clock whose waits end as a test lets seconds go by; the database answers in its own time in between. */
class Seconds extends FakeClock implements HealthTimers {
  private waits: { at: number; work: () => void }[] = [];

  random(): number {
    return 0.5;
  }

  after(ms: number, work: () => void): () => void {
    const wait = { at: this.now() + ms, work };
    this.waits.push(wait);
    return () => (this.waits = this.waits.filter((other) => other !== wait));
  }

  async pass(seconds: number, whenPassed: () => Promise<unknown>): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      this.advance(1000);
      const due = this.waits.filter(({ at }) => at <= this.now());
      this.waits = this.waits.filter(({ at }) => at > this.now());
      for (const { work } of due) work();
      await whenPassed();
    }
  }
}

let dataDir: string;
let server: EmbeddedPostgres;
let dataSource: DataSource;

const startServer = () => startEmbeddedPostgres({ dataDir, settings: { fsync: 'off' } });

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'fleetdeck-outage-'));
  chmodSync(dataDir, 0o711);
  server = await startServer();
  dataSource = await new DataSource({
    type: 'postgres',
    url: server.url,
    poolErrorHandler: () => undefined,
  }).initialize();
  await migrateFleetdeck(dataSource, [healthMigrations]);
});

afterAll(async () => {
  await dataSource.destroy();
  await server.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

describe('the history of health, while its own PostgreSQL is stopped for 60 s', () => {
  it('loses no transition, and tells what happened and since when', async () => {
    const seconds = new Seconds();
    const signals: AlertSignal[] = [];
    const shared = [
      { provide: CLOCK, useValue: seconds },
      { provide: HEALTH_TIMERS, useValue: seconds },
      { provide: ALERT_SINK, useValue: { signal: (signal: AlertSignal) => signals.push(signal) } },
    ];
    @Global()
    @Module({ providers: shared, exports: shared })
    class Shared {}
    @Module({
      imports: [
        Shared,
        TerminusHealthModule.forRoot({
          checks: [
            postgresHealth(dataSource, { intervalMs: 1000, failureThreshold: 1, successThreshold: 1 }),
          ],
          history: { dataSource, node: 'one' },
          http: false,
        }),
      ],
    })
    class Story {}
    const app = await NestFactory.createApplicationContext(Story, { logger: false });
    const checker = app.get(HealthChecker, { strict: false });
    const reader = app.get(HealthHistoryReader, { strict: false });
    // Another component changes with every check, before, during and after the outage.
    let runs = 0;
    const expected: string[] = [];
    checker.register(
      'busy',
      () => {
        const status = (runs += 1) % 2 ? ('healthy' as const) : ('critical' as const);
        expected.push(`${new Date(seconds.now()).toISOString()} ${status}`);
        return { status };
      },
      { intervalMs: 1000, criticality: 'informational' },
    );
    const checked = () => checker.checkAll({ fresh: true });

    await seconds.pass(10, checked);
    await server.stop();
    const stoppedAt = seconds.now();
    await seconds.pass(60, checked);
    const during = await reader.history('postgres');
    server = await startServer();
    const startedAt = seconds.now();
    await seconds.pass(10, checked);
    checker.beginShutdown();
    await app.close();

    const rows = await dataSource.query<{ at: Date; status: string }[]>(
      `select at, status from fleetdeck.health_transition where component = 'busy' order by at, sequence`,
    );
    expect(rows.map(({ at, status }) => `${at.toISOString()} ${status}`)).toEqual(expected);
    expect(expected.length).toBeGreaterThanOrEqual(80);

    // While it was away the page could say so from memory.
    expect(during).toMatchObject({ durable: true, complete: false });
    expect(during.incidents[0]).toMatchObject({ end: null, worst: 'critical' });
    const after = await reader.history('postgres');
    expect(after.complete).toBe(true);
    expect(after.incidents).toHaveLength(1);
    const [incident] = after.incidents;
    expect(Date.parse(incident?.begin ?? '') - stoppedAt).toBe(1000);
    expect(Date.parse(incident?.end ?? '') - startedAt).toBe(1000);
    expect(incident).toMatchObject({ durationMs: 60_000, worst: 'critical', nodes: ['one'] });
    // First that there is no alert, and after a minute once more that there is one.
    expect(signals.filter(({ source }) => source === 'health:postgres').map(({ active }) => active)).toEqual([
      ...[false, true, true, false],
    ]);
  });
});
