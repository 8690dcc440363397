import type { AlertSignal, AlertSink, HealthCheckOutcome, MetricSink, Publisher } from '@fleetdeck/kernel';
import { ALERT_SINK, METRIC_SINK, PUBLISHER } from '@fleetdeck/kernel';
import type { HealthUpdate, Position } from '@fleetdeck/dto';
import { HealthAnnouncer } from '../health.announcer.ts';
import { HealthHistoryKeeper } from '../history/history-keeper.ts';
import { HealthHistoryReader } from '../history/history-reader.ts';
import { HealthChecker } from '../health.checker.ts';
import type { HealthModuleOptions } from '../health.options.ts';
import { FakeTime } from './fake-time.ts';

/** What a check answers that finds all well. */
export const HEALTHY: HealthCheckOutcome = { status: 'healthy' };

/** A check that always finds all well. */
export const healthy = (): HealthCheckOutcome => HEALTHY;

/** A check that hangs. */
export const never = () => new Promise<never>(() => undefined);

/** Ports that keep what they were given. */
export class RecordingPorts implements Publisher, MetricSink, AlertSink {
  readonly updates: HealthUpdate[] = [];
  readonly declared: string[] = [];
  readonly recorded: { name: string; value: number; component: string | undefined }[] = [];
  readonly signals: AlertSignal[] = [];

  publish(_topic: string, data: unknown): void {
    this.updates.push(data as HealthUpdate);
  }

  position(): Position | null {
    return { epoch: 'e', offset: this.updates.length };
  }

  declare(metrics: readonly { name: string }[]): void {
    this.declared.push(...metrics.map(({ name }) => name));
  }

  record(name: string, value: number, labels: Readonly<Record<string, string>> = {}): void {
    this.recorded.push({ name, value, component: labels['component'] });
  }

  increment(name: string, by = 1, labels: Readonly<Record<string, string>> = {}): void {
    this.recorded.push({ name, value: by, component: labels['component'] });
  }

  signal(signal: AlertSignal): void {
    this.signals.push(signal);
  }
}

/** A `ModuleRef` that knows the given ports and no other. */
export function moduleRefOf(
  ports: ReadonlyMap<symbol, unknown>,
): ConstructorParameters<typeof HealthAnnouncer>[0] {
  return {
    get: (token: unknown) => {
      if (!ports.has(token as symbol)) throw new Error('unknown element');
      return ports.get(token as symbol) as never;
    },
  };
}

/** A checker on fake time, whose announcements are kept. */
export function checkerFixture(options: HealthModuleOptions = {}, time = new FakeTime()) {
  const ports = new RecordingPorts();
  const announcer = new HealthAnnouncer(
    moduleRefOf(
      new Map([
        [PUBLISHER, ports],
        [METRIC_SINK, ports],
        [ALERT_SINK, ports],
      ]),
    ),
    options,
  );
  announcer.connect();
  const keeper = new HealthHistoryKeeper(options, time, time);
  const checker = new HealthChecker(options, announcer, keeper, time);
  const reader = new HealthHistoryReader(keeper, checker);
  return {
    time,
    ports,
    checker,
    keeper,
    reader,
    health: (name: string) => checker.report().components[name],
  };
}
