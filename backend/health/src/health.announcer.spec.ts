import { hostname } from 'node:os';
import { describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { ALERT_SINK, METRIC_SINK, PUBLISHER, type AlertSignal } from '@fleetdeck/kernel';
import type { ComponentHealth } from '@fleetdeck/dto';
import { HealthAnnouncer } from './health.announcer.ts';
import { moduleRefOf, RecordingPorts } from './testing/checker.fixture.ts';
import { settle } from './testing/fake-time.ts';

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
