import type { Clock, HealthCheckOutcome } from '@fleetdeck/kernel';
import type { HealthTimers } from '../health.timers.ts';
import { failureOutcome, readAnswer, type HealthCheck } from './health-check.ts';

/** What one run of a check came to. */
export type CheckResult = (outcome: HealthCheckOutcome, latencyMs: number) => void;

/** A deadline that comes so late says that this process was paused or busy, and not that the check was slow. */
const PAUSED_MS = 1_000;

/**
 * Runs one check: with a deadline, never twice at once, and never throwing. Of a deadline in which the process was
 * paused the check gets another one. A check that ignores its deadline is not
 * started again before it has ended; each run asked for meanwhile counts as another failure.
 */
export class CheckRunner {
  private judging: Promise<void> | null = null;
  private startedAt: number | null = null;
  private stop: (() => void) | null = null;

  constructor(
    private readonly check: HealthCheck,
    private readonly timeoutMs: number,
    private readonly onResult: CheckResult,
    private readonly clock: Clock,
    private readonly timers: HealthTimers,
  ) {}

  /**
   * Resolves when the result is in, at the latest after the timeout, or once more that after a pause; joins a run that
   * is under way.
   */
  run(): Promise<void> {
    if (this.judging) return this.judging;
    if (this.startedAt !== null) {
      this.onResult(this.noAnswer(), this.clock.monotonicMs() - this.startedAt);
      return Promise.resolve();
    }
    this.judging = this.once();
    return this.judging;
  }

  /** Aborts a run that is under way and drops its result. */
  abort(): void {
    this.stop?.();
  }

  private once(): Promise<void> {
    const controller = new AbortController();
    let startedAt = this.clock.monotonicMs();
    this.startedAt = startedAt;
    return new Promise((resolve) => {
      const end = (outcome: HealthCheckOutcome | null): void => {
        if (this.stop !== stop) return;
        this.stop = null;
        this.judging = null;
        cancelTimer();
        if (outcome) this.onResult(outcome, this.clock.monotonicMs() - startedAt);
        resolve();
      };
      const abort = (outcome: HealthCheckOutcome | null, reason: string): void => {
        end(outcome);
        controller.abort(new Error(reason));
      };
      const stop = (): void => abort(null, 'The health check was stopped.');
      const late = (): void =>
        abort(this.noAnswer(), `The health check took longer than ${this.timeoutMs} ms.`);
      let cancelTimer = this.timers.after(this.timeoutMs, () => {
        const now = this.clock.monotonicMs();
        if (now - startedAt - this.timeoutMs < PAUSED_MS) return late();
        // The answer may be there and not read yet.
        startedAt = now;
        cancelTimer = this.timers.after(this.timeoutMs, late);
      });
      this.stop = stop;
      const settled = (outcome: HealthCheckOutcome): void => {
        this.startedAt = null;
        end(outcome);
      };
      // In a promise of its own, so that a check that throws before it returns is caught as well.
      void Promise.resolve()
        .then(() => this.check(controller.signal))
        .then(
          (answer) => settled(readAnswer(answer)),
          (thrown: unknown) => settled(failureOutcome(thrown)),
        );
    });
  }

  private noAnswer(): HealthCheckOutcome {
    return { status: 'critical', reason: `No answer within ${this.timeoutMs} ms.` };
  }
}
