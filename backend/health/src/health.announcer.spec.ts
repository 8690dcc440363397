import { hostname } from 'node:os';
import { describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import {
  ALERT_SINK,
  METRIC_SINK,
  PUBLISHER,
  type AlertSignal,
  type HealthCheckOutcome,
} from '@fleetdeck/kernel';
import type { ComponentHealth } from '@fleetdeck/dto';
import { HealthAnnouncer } from './health.announcer.ts';
import { checkerFixture, HEALTHY, moduleRefOf, never, RecordingPorts } from './testing/checker.fixture.ts';
import { settle } from './testing/fake-time.ts';

Logger.overrideLogger(false);

const HEALTH: ComponentHealth = {
  status: 'critical',
  since: '2026-01-01T00:00:00.000Z',
  latencyMs: 1,
  reason: 'gone',
  checkedAt: '2026-01-01T00:00:00.000Z',
  criticality: 'critical',
  intervalMs: 1000,
};
const TRANSITION = {
  component: 'db',
  from: 'healthy',
  to: 'critical',
  reason: 'gone',
  at: HEALTH.since,
} as const;
const CHANGE = {
  replica: 'r1',
  component: 'db',
  health: HEALTH,
  overallStatus: 'critical',
  transition: TRANSITION,
  at: 0,
} as const;

describe('HealthAnnouncer', () => {
  it('says once of each port that it is empty, does without, and names all that are empty', () => {
    const log = jest.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);
    const announcer = new HealthAnnouncer(moduleRefOf(new Map([[PUBLISHER, null]])), {});
    expect(announcer.connect()).toEqual(['Publisher', 'MetricSink', 'AuditSink', 'AlertSink']);
    expect(log.mock.calls.map(([line]) => String(line).split(',')[0])).toEqual([
      'No Publisher is installed',
      'No MetricSink is installed',
      'No AlertSink is installed',
    ]);
    log.mockClear();
    expect(announcer.position()).toBeNull();
    announcer.checked('db', 1);
    announcer.changed({ ...CHANGE, transition: null });
    announcer.removed({ ...CHANGE, health: null }, 0);
    expect(log).not.toHaveBeenCalled();
    log.mockRestore();
  });

  it('logs transitions, as a warning unless they end well', () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const log = jest.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);
    const announcer = new HealthAnnouncer(moduleRefOf(new Map()), {});
    announcer.changed(CHANGE);
    expect(warn).toHaveBeenCalledWith('db: healthy → critical (gone)');
    announcer.changed({ ...CHANGE, transition: { ...TRANSITION, to: 'healthy', reason: null } });
    expect(log).toHaveBeenCalledWith('db: healthy → healthy');
    warn.mockRestore();
    log.mockRestore();
  });

  it('goes on when a port throws, saying so once until it works again', () => {
    const error = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const ports = new RecordingPorts();
    let broken = true;
    const fail = () => {
      if (broken) throw new Error('full');
      return null;
    };
    const announcer = new HealthAnnouncer(
      moduleRefOf(
        new Map<symbol, unknown>([
          [PUBLISHER, { publish: fail, position: fail }],
          [METRIC_SINK, { declare: fail, record: fail, increment: fail }],
          [ALERT_SINK, ports],
        ]),
      ),
      {},
    );
    announcer.connect();
    announcer.checked('db', 1);
    announcer.changed(CHANGE);
    announcer.changed(CHANGE);
    expect(announcer.position()).toBeNull();
    expect(error.mock.calls.map(([line]) => String(line))).toEqual([
      'The MetricSink fails, so health goes on without it: full',
      'The Publisher fails, so health goes on without it: full',
    ]);
    expect(ports.signals).toHaveLength(1);
    broken = false;
    announcer.changed(CHANGE);
    broken = true;
    announcer.changed(CHANGE);
    // Each of the two says so once more.
    expect(error).toHaveBeenCalledTimes(4);
    error.mockRestore();
    warn.mockRestore();
  });

  it('goes on when a port rejects, saying so once until it works again', async () => {
    const error = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const unhandled = jest.fn();
    process.on('unhandledRejection', unhandled);
    let broken = true;
    const work = async () => {
      await Promise.resolve();
      if (broken) throw new Error('away');
    };
    const announcer = new HealthAnnouncer(
      moduleRefOf(
        new Map<symbol, unknown>([
          [PUBLISHER, { publish: work, position: () => null }],
          [METRIC_SINK, { declare: work, record: work, increment: work }],
          [ALERT_SINK, { signal: work }],
        ]),
      ),
      {},
    );
    const tell = async () => {
      announcer.checked('db', 1);
      announcer.changed(CHANGE);
      announcer.removed({ ...CHANGE, health: null }, 0);
      await settle();
    };
    announcer.connect();
    await tell();
    await tell();
    expect(error.mock.calls.map(([line]) => String(line)).sort()).toEqual([
      'The AlertSink fails, so health goes on without it: away',
      'The MetricSink fails, so health goes on without it: away',
      'The Publisher fails, so health goes on without it: away',
    ]);
    broken = false;
    await tell();
    broken = true;
    await tell();
    expect(error).toHaveBeenCalledTimes(6);
    expect(unhandled).not.toHaveBeenCalled();
    process.off('unhandledRejection', unhandled);
    error.mockRestore();
  });

  it.each(['throws', 'rejects'])('tells an alert again that was lost while the sink %s', async (how) => {
    const error = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const ports = new RecordingPorts();
    let away = true;
    const signal = (one: AlertSignal) => {
      if (!away) return ports.signal(one);
      if (how === 'throws') throw new Error('away');
      return Promise.reject(new Error('away'));
    };
    const announcer = new HealthAnnouncer(moduleRefOf(new Map([[ALERT_SINK, { signal }]])), {});
    announcer.connect();
    announcer.changed(CHANGE);
    await settle();
    announcer.tellAlertsAgain();
    await settle();
    away = false;
    announcer.tellAlertsAgain();
    announcer.tellAlertsAgain();
    expect(ports.signals).toEqual([
      {
        source: 'health:db',
        replica: hostname(),
        active: true,
        severity: 'critical',
        message: 'gone',
        at: 0,
      },
    ]);
    away = true;
    announcer.removed({ ...CHANGE, health: null }, 1);
    await settle();
    away = false;
    announcer.tellAlertsAgain();
    expect(ports.signals.map(({ active }) => active)).toEqual([true, false]);
    error.mockRestore();
  });
});

describe('announcements', () => {
  it('publish a transition and a new reason, without figures, and nothing else', async () => {
    const { checker, time, ports } = checkerFixture();
    const row: HealthCheckOutcome[] = [
      { status: 'healthy', details: { n: 1 } },
      { status: 'healthy', details: { n: 2 } },
      { status: 'critical', reason: 'refused', details: { n: 3 } },
      { status: 'critical', reason: 'reset' },
      { status: 'critical', reason: 'reset' },
    ];
    let next = 0;
    checker.register('db', () => row[next++] ?? HEALTHY, { intervalMs: 1000 });
    checker.start();
    await time.advance(4000);
    expect(
      ports.updates.map(({ component, overallStatus, health }) => [component, overallStatus, health?.reason]),
    ).toEqual([
      ['db', 'healthy', null],
      ['db', 'critical', 'refused'],
      ['db', 'critical', 'reset'],
    ]);
    expect(ports.updates[1]?.health).not.toHaveProperty('details');
    expect(ports.updates[2]?.health?.since).toBe(ports.updates[1]?.health?.since);
  });

  it('signal an alert when it begins, grows and ends; an unknown status ends none', async () => {
    const { checker, time, ports } = checkerFixture();
    const row: HealthCheckOutcome['status'][] = ['healthy', 'degraded', 'critical', 'critical', 'healthy'];
    let next = 0;
    checker.register('db', () => ({ status: row[next++] ?? 'healthy' }), { intervalMs: 1000 });
    checker.start();
    await time.advance(4000);
    const start = Date.parse('2026-01-01T00:00:00Z');
    expect(ports.signals).toMatchObject([
      { source: 'health:db', active: false, message: 'db is healthy.', at: start },
      {
        source: 'health:db',
        active: true,
        severity: 'degraded',
        message: 'db is degraded.',
        at: start + 1000,
      },
      {
        source: 'health:db',
        active: true,
        severity: 'critical',
        message: 'db is critical.',
        at: start + 2000,
      },
      {
        source: 'health:db',
        active: false,
        severity: 'critical',
        message: 'db is healthy again.',
        at: start + 4000,
      },
    ]);
  });

  it('signal an optional component as degraded once, and an informational one never', async () => {
    const { checker, time, ports } = checkerFixture();
    const row: HealthCheckOutcome['status'][] = ['degraded', 'critical', 'critical'];
    const of = (criticality: 'optional' | 'informational') => {
      let next = 0;
      checker.register(criticality, () => ({ status: row[next++] ?? 'critical' }), {
        criticality,
        intervalMs: 1000,
      });
    };
    of('optional');
    of('informational');
    checker.start();
    await time.advance(2000);
    expect(ports.signals.map(({ source, severity }) => `${source} ${severity}`)).toEqual([
      'health:optional degraded',
    ]);
  });

  it('keep an alert over a time of which nothing is known', async () => {
    const { checker, time, ports } = checkerFixture();
    let runs = 0;
    const check = () => (runs++ === 0 ? ({ status: 'critical' } as const) : never());
    checker.register('db', check, { intervalMs: 1000, timeoutMs: 500 });
    checker.start();
    await time.advance(0);
    time.sleep(10_000);
    await time.advance(0);
    expect(checker.report().components['db']?.status).toBe('unknown');
    expect(ports.signals.map(({ active }) => active)).toEqual([true]);
  });

  it('count each change of a status by itself, so that the first one counts and replicas add up', async () => {
    const { checker, time, ports } = checkerFixture();
    let runs = 0;
    const check = () => ({ status: runs++ % 2 === 0 ? ('healthy' as const) : ('critical' as const) });
    checker.register('db', check, { intervalMs: 1000 });
    checker.start();
    await time.advance(0);
    await time.advance(1000);
    const counted = ports.recorded.filter(({ name }) => name === 'fleetdeck_health_transitions');
    expect(counted.map(({ value }) => value)).toEqual([1, 1]);
  });

  it('record how long each check took', async () => {
    const { checker, time, ports } = checkerFixture();
    checker.register(
      'db',
      () => new Promise<HealthCheckOutcome>((resolve) => void time.after(12, () => resolve(HEALTHY))),
    );
    checker.start();
    await time.advance(12);
    expect(ports.declared).toEqual([
      ...['fleetdeck_health_check_duration_ms', 'fleetdeck_health_transitions'],
      'fleetdeck_health_history_lost',
    ]);
    expect(ports.recorded).toEqual([
      { name: 'fleetdeck_health_transitions', value: 1, component: 'db' },
      { name: 'fleetdeck_health_check_duration_ms', value: 12, component: 'db' },
    ]);
  });
});
