import { componentStaleMs, type ComponentHealth, type StatusFamily } from '@fleetdeck/dto';
import { isoTime, type Clock, type HealthCheckOutcome } from '@fleetdeck/kernel';
import type { ResolvedCheckOptions } from '../health.options.ts';
import type { HealthTimers } from '../health.timers.ts';
import { CheckRunner } from './check-runner.ts';
import type { HealthCheck } from './health-check.ts';
import type { HealthTransition } from '../history/transition.ts';
import { RUN_LOST_AFTER_MS } from '../history/segments.ts';
import { StatusJudge } from './status-judge.ts';

/** Share of the interval by which starts are spread: earlier only, so that a change is seen within one interval. */
const JITTER = 0.1;

/** What a component needs from its surroundings, and whom it tells. */
export interface ComponentContext {
  readonly clock: Clock;
  readonly timers: HealthTimers;
  /** Whether a component that has not been well yet is still given time to start. */
  inGrace(): boolean;
  /** After every result. */
  checked(component: MonitoredComponent, latencyMs: number): void;
  /** The status changed, or only the reason: then `transition` is `null`. */
  changed(component: MonitoredComponent, transition: HealthTransition | null): void;
}

/** One component: its check on its own interval, and its status. */
export class MonitoredComponent {
  /** Whether a result has counted at least once. */
  everChecked = false;

  private readonly judge: StatusJudge;
  private readonly runner: CheckRunner;
  private current: ComponentHealth;
  /** When the status changed, by the monotonic clock. */
  private movedAt: number;
  private readonly staleMs: number;
  private cancelNext: (() => void) | null = null;
  private cancelStale: (() => void) | null = null;
  private stopped = false;

  constructor(
    readonly name: string,
    check: HealthCheck,
    readonly options: ResolvedCheckOptions,
    private readonly context: ComponentContext,
  ) {
    this.staleMs = componentStaleMs(options);
    this.judge = new StatusJudge(options);
    this.runner = new CheckRunner(
      check,
      options.timeoutMs,
      (outcome, latencyMs) => this.take(outcome, latencyMs),
      context.clock,
      context.timers,
    );
    this.movedAt = context.clock.monotonicMs();
    this.current = {
      status: 'unknown',
      since: isoTime(context.clock.now()),
      latencyMs: null,
      reason: 'Not checked yet.',
      checkedAt: null,
      criticality: options.criticality,
      intervalMs: options.intervalMs,
      timeoutMs: options.timeoutMs,
    };
  }

  /** How it is now. The object is never changed afterwards. */
  get health(): ComponentHealth {
    return this.current;
  }

  /** Begins to check on the interval, the first time as soon as the current work is done. */
  start(): void {
    this.schedule(0);
  }

  /** Checks now, or joins the check under way; the interval begins anew. Never rejects. */
  async run(): Promise<void> {
    if (this.stopped) return;
    // Uniform over the spread as well; the middle of chance is the whole interval.
    const early = JITTER * Math.abs(2 * this.context.timers.random() - 1);
    this.schedule(this.options.intervalMs * (1 - early));
    await this.runner.run();
  }

  /** Ends checking for good and aborts a check under way. What is known stays. */
  stop(): void {
    this.stopped = true;
    this.cancelNext?.();
    this.cancelStale?.();
    this.runner.abort();
  }

  private schedule(ms: number): void {
    this.cancelNext?.();
    this.cancelNext = this.context.timers.after(ms, () => void this.run());
  }

  private take(outcome: HealthCheckOutcome, latencyMs: number): void {
    const { clock, timers } = this.context;
    this.cancelStale?.();
    this.cancelStale = timers.after(this.staleMs, () => this.goStale());
    const { latencyMs: _latency, checkedAt: _checkedAt, details: _details, ...rest } = this.current;
    const next: ComponentHealth = {
      ...rest,
      latencyMs: Math.round(latencyMs * 10) / 10,
      checkedAt: isoTime(clock.now()),
      ...(outcome.details ? { details: outcome.details } : {}),
    };
    if (!this.everChecked && outcome.status === 'critical' && this.context.inGrace()) {
      this.become(next, 'unknown', startingReason(outcome));
    } else {
      this.everChecked = true;
      const { status, reason } = this.judge.judge(this.current.status, outcome, latencyMs);
      this.become(next, status, reason === undefined ? this.current.reason : reason);
    }
    this.context.checked(this, latencyMs);
  }

  private goStale(): void {
    const overdue = `No result for over ${this.staleMs / 1000} s.`;
    this.become(this.current, 'unknown', overdue);
  }

  private become(next: ComponentHealth, status: StatusFamily, reason: string | null): void {
    const { status: from, reason: reasonBefore } = this.current;
    const moved = status !== from;
    const { clock } = this.context;
    const now = clock.now();
    const at = isoTime(now);
    if (moved) this.movedAt = clock.monotonicMs();
    this.current = { ...next, status, reason, since: moved ? at : this.sinceBy(now) };
    if (moved) {
      const transition: HealthTransition = { component: this.name, from, to: status, reason, at };
      this.context.changed(this, transition);
    } else if (reason !== reasonBefore) {
      this.context.changed(this, null);
    }
  }

  /** Since when it is as it is, by a clock that may have been set back meanwhile. */
  private sinceBy(now: number): string {
    const { since } = this.current;
    const lastedMs = this.context.clock.monotonicMs() - this.movedAt;
    return now - Date.parse(since) < lastedMs - RUN_LOST_AFTER_MS ? isoTime(now - lastedMs) : since;
  }
}

function startingReason(outcome: HealthCheckOutcome): string {
  return outcome.reason ? `Still starting: ${outcome.reason}` : 'Still starting.';
}
