import { leaseLossOf, messageOf, type Clock, type Lease } from '@fleetdeck/kernel';
import { withDeadline, type AlertingTimers } from '../timers.ts';
import type { Evaluator } from './evaluator.ts';

/** What a {@link Leader} works with. */
export interface LeaderParts {
  lease: Lease;
  leaseName: string;
  intervalMs: number;
  /** For how long the end waits for the lease to be given away; it runs out by itself. In milliseconds. */
  giveAwayMs: number;
  clock: Clock;
  timers: AlertingTimers;
  evaluator: (fence: number) => Evaluator;
  warn: (sentence: string) => void;
  /** Told how each begin of an evaluator went; `null` when it went well. The lease is given away when it did not. */
  begun: (failure: string | null) => void;
}

/**
 * Runs the evaluator while this replica has the lease. When the lease is lost because the store is away, the
 * evaluator goes on from memory: until it can be reached again, nobody else can have the lease.
 */
export class Leader {
  private running: Running | null = null;
  private readonly stopping = new AbortController();
  private held: Promise<void> = Promise.resolve();
  private steppingDown: Promise<void> = Promise.resolve();

  constructor(private readonly parts: LeaderParts) {}

  /** The evaluator, while it runs here. */
  get evaluator(): Evaluator | null {
    return this.running?.evaluator ?? null;
  }

  start(): void {
    const { lease, leaseName, warn } = this.parts;
    const held = lease.hold(leaseName, (signal, fence) => this.lead(signal, fence), this.stopping.signal);
    this.held = held.catch((thrown: unknown) => {
      warn(`The lease of the evaluator failed, so this replica asks for it no more: ${messageOf(thrown)}`);
    });
  }

  /** Resolves when the evaluation that is under way has ended and no notice is on its way. */
  async settled(): Promise<void> {
    await this.running?.ticking;
    await this.running?.evaluator.idle();
  }

  /** Ends the evaluator and gives the lease away. */
  async stop(): Promise<void> {
    this.stopping.abort();
    const running = this.running;
    this.running = null;
    if (running) await this.halt(running, () => running.evaluator.end());
    await this.steppingDown;
    const { giveAwayMs, timers, warn } = this.parts;
    const late = () => new Error(`not within ${giveAwayMs} ms`);
    await withDeadline(this.held, giveAwayMs, timers, late).catch((thrown: unknown) => {
      warn(`The lease of the evaluator was not given away: ${messageOf(thrown)}`);
    });
  }

  private async lead(signal: AbortSignal, fence: number): Promise<void> {
    const before = this.running;
    if (before && fence === before.evaluator.term + 1) {
      before.evaluator.renew(fence);
    } else {
      if (before) await this.stepDown(before);
      const evaluator = this.parts.evaluator(fence);
      const failure = await evaluator.begin().then(() => null, messageOf);
      this.parts.begun(failure);
      if (failure !== null) return;
      // A lease may tell of the stop later than it is asked for.
      if (signal.aborted || this.stopping.signal.aborted) return evaluator.end();
      this.running = this.run(evaluator);
    }
    const running = this.running;
    if (!running) return;
    await Promise.race([aborted(signal), running.ended]);
    if (leaseLossOf(signal) === 'taken') await this.stepDown(running);
    // stop() ends the evaluator, and the lease is given away only after that.
    else if (this.stopping.signal.aborted) await running.ended;
    // Else the store is away, and it goes on.
  }

  private run(evaluator: Evaluator): Running {
    const { intervalMs, clock, timers, warn } = this.parts;
    let finish: () => void = () => undefined;
    const running: Running = {
      evaluator,
      halted: false,
      cancel: () => undefined,
      ticking: Promise.resolve(),
      ended: new Promise((resolve) => (finish = resolve)),
      finish: () => finish(),
    };
    let due = clock.monotonicMs();
    const tick = (): void => {
      running.ticking = evaluator
        .tick()
        .catch((thrown: unknown) => {
          warn(`An evaluation failed: ${messageOf(thrown)}`);
          return true;
        })
        .then((leads) => {
          if (running.halted) return;
          if (!leads) {
            void this.stepDown(running);
            return;
          }
          // On the grid of the first evaluation; those that were missed are not made up for.
          const now = clock.monotonicMs();
          due += Math.max(1, Math.ceil((now - due) / intervalMs)) * intervalMs;
          running.cancel = timers.after(Math.max(0, due - now), tick);
        });
    };
    tick();
    return running;
  }

  private async stepDown(running: Running): Promise<void> {
    if (this.running === running) this.running = null;
    this.steppingDown = this.halt(running, () => running.evaluator.stepDown());
    await this.steppingDown;
  }

  private async halt(running: Running, end: () => Promise<void>): Promise<void> {
    if (running.halted) return running.ended;
    running.halted = true;
    running.cancel();
    await running.ticking;
    await end().catch((thrown: unknown) => {
      this.parts.warn(`The evaluator did not end well: ${messageOf(thrown)}`);
    });
    running.finish();
  }
}

interface Running {
  readonly evaluator: Evaluator;
  halted: boolean;
  cancel: () => void;
  ticking: Promise<unknown>;
  readonly ended: Promise<void>;
  finish: () => void;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
