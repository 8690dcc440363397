import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { HealthCheckContributor, HealthCheckOptions } from '../health.options.ts';
import { LevelJudge, levelsMs, type LevelsMs } from './levels.ts';

/** What {@link eventLoopHealth} needs of a histogram of delays in nanoseconds. */
export interface DelayHistogram {
  enable(): boolean;
  reset(): void;
  percentile(percentile: number): number;
  readonly max: number;
  readonly count: number;
}

/** Options of {@link eventLoopHealth}. */
export interface EventLoopHealthOptions extends HealthCheckOptions, Partial<LevelsMs> {
  /** @default 'event-loop' */
  name?: string;
  /** 99th percentile of the delay above which it is degraded, in milliseconds. @default 100 */
  degradedAboveMs?: number;
  /** The same at or below which it is healthy again. @default 80 % of `degradedAboveMs` */
  recoverBelowMs?: number;
  /** The same above which it is critical. @default 1000 */
  criticalAboveMs?: number;
  /** The same at or below which it is critical no more. @default 80 % of `criticalAboveMs` */
  criticalRecoverBelowMs?: number;
  /** Gives the histogram that is read. @default `monitorEventLoopDelay` of Node */
  histogram?: (resolutionMs: number) => DelayHistogram;
}

/** The histogram measures the time between two ticks of this length, so this much of it is no delay. */
const RESOLUTION_MS = 20;

/**
 * Watches how long work waits for this process' event loop, since the last check. Optional by default: a busy loop
 * slows answers down, and taking the process out of service would not mend that.
 *
 * @throws FleetdeckError `INVALID_INPUT` when a value to leave at is past the value to enter at
 */
export function eventLoopHealth({
  name = 'event-loop',
  degradedAboveMs = 100,
  recoverBelowMs,
  criticalAboveMs = 1000,
  criticalRecoverBelowMs,
  histogram = (resolution) => monitorEventLoopDelay({ resolution }),
  ...options
}: EventLoopHealthOptions = {}): HealthCheckContributor {
  const judge = new LevelJudge(
    levelsMs(name, { degradedAboveMs, recoverBelowMs, criticalAboveMs, criticalRecoverBelowMs }),
  );
  let delays: DelayHistogram | null = null;
  return {
    healthName: name,
    healthOptions: { criticality: 'optional', ...options },
    checkHealth() {
      if (!delays) {
        delays = histogram(RESOLUTION_MS);
        delays.enable();
      }
      if (delays.count === 0) return Promise.resolve({ status: 'healthy' });
      const p99Ms = delayMs(delays.percentile(99));
      const maxMs = delayMs(delays.max);
      delays.reset();
      return Promise.resolve({ ...judge.judge(p99Ms, sentence), details: { p99Ms, maxMs } });
    },
  };
}

function sentence(above: number, below: number | null): string {
  const until = below === null ? '' : `, and not yet again ${below} ms or less`;
  return `The event loop is late: 1 % of the waits are over ${above} ms${until}.`;
}

function delayMs(nanoseconds: number): number {
  return Math.round(Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS) * 10) / 10;
}
