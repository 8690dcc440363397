import { Inject, Injectable, Optional, Logger } from '@nestjs/common';
import { HEALTH_TOLD_EVERY_MS, type ComponentHealth, type HealthReport } from '@fleetdeck/dto';
import { FleetdeckError, isoTime, systemTimers, type Clock } from '@fleetdeck/kernel';
import type { HealthCheck } from './check/health-check.ts';
import { MonitoredComponent, type ComponentContext } from './check/monitored-component.ts';
import { HealthAnnouncer } from './health.announcer.ts';
import {
  HEALTH_MODULE_OPTIONS,
  isWithin,
  resolveCheckOptions,
  shown,
  type HealthCheckContributor,
  type HealthCheckOptions,
  type HealthModuleOptions,
} from './health.options.ts';
import { HealthHistoryKeeper } from './history/history-keeper.ts';
import type { HealthTransition } from './history/transition.ts';
import { HEALTH_TIMERS, type HealthTimers } from './health.timers.ts';
import { requireMethod } from './providers/given.ts';
import { replicaWord } from './replica.ts';
import { overallStatus } from './report/overall-status.ts';
import type { ProbeAnswer } from './report/probe-answers.ts';
import { ProbeBoard } from './report/probe-board.ts';
import { RenderedReport } from './report/rendered-report.ts';

/** The most components that are watched. */
export const MAX_COMPONENTS = 500;
const NAME = /^[A-Za-z][\w.:-]{0,99}$/;

/**
 * Watches components: runs their checks on a schedule, keeps how each is and since when, and answers from that.
 *
 * @example
 * checker.register('payments', async (signal) => {
 *   const answer = await fetch(paymentsUrl, { signal });
 *   return answer.ok ? { status: 'healthy' } : { status: 'critical', reason: `It answers ${answer.status}.` };
 * }, { criticality: 'optional', latency: { degradedAboveMs: 300, recoverBelowMs: 200 } });
 *
 * const { overallStatus, components } = await checker.checkAll();
 */
@Injectable()
export class HealthChecker {
  private readonly components = new Map<string, MonitoredComponent>();
  private readonly emptyPorts = new Map<string, ComponentHealth>();
  private readonly context: ComponentContext;
  private snapshot: Pick<HealthReport, 'overallStatus' | 'components'> | null = null;
  private freshRun: Promise<void> | null = null;
  private readonly board: ProbeBoard;
  private readonly rendered: RenderedReport;
  private readonly replica: string;
  private readonly clock: Clock;
  private running = false;
  private stopping = false;
  private draining: Promise<void> | null = null;
  private cancelTelling: (() => void) | null = null;
  private graceEndsAt = 0;
  /** When the newest result came, by the monotonic clock. */
  private resultAt: number;

  constructor(
    @Inject(HEALTH_MODULE_OPTIONS) private readonly options: HealthModuleOptions,
    @Inject(HealthAnnouncer) private readonly announcer: HealthAnnouncer,
    @Inject(HealthHistoryKeeper) private readonly keeper: HealthHistoryKeeper,
    @Optional() @Inject(HEALTH_TIMERS) timers: HealthTimers = systemTimers,
  ) {
    const { clock } = keeper;
    this.clock = clock;
    for (const field of ['startupGraceMs', 'shutdownDrainMs'] as const) {
      const value = options[field] ?? 0;
      if (isWithin(value, 0, 86_400_000)) continue;
      throw new FleetdeckError(
        'INVALID_INPUT',
        `${field} must be a number from 0 to 86400000, not ${shown(value)}.`,
      );
    }
    resolveCheckOptions('defaults', {}, options.defaults);
    this.board = new ProbeBoard(
      { components: this.components, running: () => this.running, stopping: () => this.stopping },
      options.groups,
    );
    this.replica = replicaWord(options.history?.node);
    this.resultAt = clock.monotonicMs();
    this.rendered = new RenderedReport(
      () => this.report(),
      () => clock.monotonicMs(),
    );
    this.context = {
      clock,
      timers,
      inGrace: () => clock.monotonicMs() < this.graceEndsAt,
      checked: (component, latencyMs) => {
        this.resultAt = clock.monotonicMs();
        this.refresh(component.name);
        announcer.checked(component.name, latencyMs);
      },
      changed: ({ name, health }, transition) => {
        this.refresh(name);
        if (transition) keeper.record(transition);
        announcer.changed({
          replica: this.replica,
          component: name,
          health,
          overallStatus: this.current().overallStatus,
          transition,
          at: clock.now(),
        });
      },
    };
    for (const contributor of options.checks ?? []) {
      try {
        this.contribute(contributor);
      } catch (thrown) {
        // A name twice keeps no other from being watched; an option that is not valid is a mistake to be told at start.
        if (!(thrown instanceof FleetdeckError && thrown.code === 'CONFLICT')) throw thrown;
        new Logger('FleetdeckHealth').error(thrown.message);
      }
    }
  }

  /**
   * Adds a check. It first runs at once, or when the application has started.
   *
   * @param name what the component is called everywhere: a letter, then letters, digits, `_`, `.`, `:` or `-`, up to 100
   * @param check answers how it is, by an outcome or by the result of a Terminus indicator; a throw counts as `critical`
   * @throws FleetdeckError `CONFLICT` when the name is taken, `INVALID_INPUT` when the name, the check or an option is
   * not valid, `LIMIT_EXCEEDED` when {@link MAX_COMPONENTS} are watched already
   */
  register(name: string, check: HealthCheck, options: HealthCheckOptions = {}): void {
    if (typeof name !== 'string' || !NAME.test(name)) {
      throw new FleetdeckError(
        'INVALID_INPUT',
        `Health check "${name}": the name must be a letter, then letters, digits, "_", ".", ":" or "-", at most 100 in all.`,
      );
    }
    if (typeof check !== 'function') {
      throw new FleetdeckError(
        'INVALID_INPUT',
        `Health check "${name}": the check must be a function, not ${shown(check)}.`,
      );
    }
    if (this.components.has(name) || this.emptyPorts.has(name)) {
      throw new FleetdeckError(
        'CONFLICT',
        `A health check named "${name}" is registered already; the first one stays. Give this one another name.`,
      );
    }
    if (this.components.size >= MAX_COMPONENTS) {
      throw new FleetdeckError(
        'LIMIT_EXCEEDED',
        `Health check "${name}" is one too many: at most ${MAX_COMPONENTS} are watched. Unregister what is gone.`,
      );
    }
    const resolved = resolveCheckOptions(name, options, this.options.defaults);
    const component = new MonitoredComponent(name, check, resolved, this.context);
    this.components.set(name, component);
    this.refresh(name);
    if (this.stopping) component.stop();
    else if (this.running) component.start();
  }

  /** Adds a contributor under its own name and options. Throws as {@link register} does. */
  contribute(contributor: HealthCheckContributor): void {
    const subject = `Health check "${contributor.healthName}"`;
    requireMethod(subject, 'it', contributor, 'checkHealth', 'A HealthContributor has one.');
    this.register(
      contributor.healthName,
      (signal) => contributor.checkHealth(signal),
      contributor.healthOptions,
    );
  }

  /** Stops watching a component and forgets it; `false` when there was none of that name. */
  unregister(name: string): boolean {
    const component = this.components.get(name);
    if (!component) return false;
    component.stop();
    this.components.delete(name);
    this.refresh(name);
    this.keeper.recordEnd(name, component.health.status);
    const { replica } = this;
    const { overallStatus: whole } = this.current();
    this.announcer.removed(
      { replica, component: name, health: null, overallStatus: whole },
      this.clock.now(),
    );
    return true;
  }

  /**
   * How everything is, from what the last checks found. With `fresh` every check is run first, or joined where it is
   * under way; calls at the same time share one such run, which takes at most the longest timeout.
   */
  async checkAll({ fresh = false }: { fresh?: boolean } = {}): Promise<HealthReport> {
    if (fresh) {
      this.freshRun ??= this.runAll().finally(() => (this.freshRun = null));
      await this.freshRun;
    }
    return this.report();
  }

  /**
   * How everything is, from what the last checks found, without waiting.
   * @param group only the components of this group, and the status of those
   * @throws FleetdeckError `NOT_FOUND` when there is no such group
   */
  report(group?: string): HealthReport {
    const position = this.announcer.position();
    const asOf = isoTime(this.clock.now());
    const whole = this.current();
    const { replica } = this;
    if (group === undefined) return { ...whole, asOf, position, replica };
    if (!this.board.groups.includes(group)) {
      throw new FleetdeckError('NOT_FOUND', `There is no health group "${group}".`);
    }
    const names = this.board.membersOf(group) ?? [...this.components.keys()];
    const components = Object.fromEntries(
      names.flatMap((name) => {
        const component = this.components.get(name);
        return component ? [[name, component.health] as const] : [];
      }),
    );
    return {
      overallStatus: this.board.statusOf(group),
      components,
      asOf,
      position,
      replica,
    };
  }

  /** The report as bytes, at most a second old. @param detail whether figures of the checks are in it */
  renderedReport(detail: boolean): ProbeAnswer {
    return this.rendered.answer(detail);
  }

  /** Names that groups ask for and that nobody registered; they count as unknown. */
  get missingMembers(): { group: string; name: string }[] {
    return this.board.missing;
  }

  /**
   * The newest transitions of a component in this process, oldest first, at most 100. `HealthHistoryReader` knows more.
   * @throws FleetdeckError `NOT_FOUND` when there is no such component
   */
  transitions(name: string): HealthTransition[] {
    if (!this.has(name)) throw new FleetdeckError('NOT_FOUND', `There is no health component "${name}".`);
    return this.keeper.transitions(name);
  }

  /** Whether a component of that name is watched. */
  has(name: string): boolean {
    return this.components.has(name);
  }

  /** The names of all components that are watched. */
  get names(): string[] {
    return [...this.components.keys()];
  }

  /** Whether the service may be sent requests. */
  get ready(): boolean {
    return this.board.ready;
  }

  /** The groups that have a probe: `live`, `ready`, and those of the options. */
  get groups(): string[] {
    return this.board.groups;
  }

  /** What the probe of a group answers, rendered already, with the age of the newest result in its headers. */
  probeAnswer(group: string): ProbeAnswer {
    return this.board.answer(group, Math.floor((this.clock.monotonicMs() - this.resultAt) / 1000));
  }

  /** Whether shutdown has begun. */
  get shuttingDown(): boolean {
    return this.stopping;
  }

  /** Starts all checks. The module calls it when the application has started. */
  start(emptyPorts: readonly string[] = []): void {
    if (this.running || this.stopping) return;
    this.running = true;
    this.graceEndsAt = this.clock.monotonicMs() + (this.options.startupGraceMs ?? 0);
    const { intervalMs } = resolveCheckOptions('defaults', {}, this.options.defaults);
    for (const port of emptyPorts) {
      this.emptyPorts.set(`port:${port}`, {
        status: 'unknown',
        since: isoTime(this.clock.now()),
        latencyMs: null,
        reason: 'not installed',
        checkedAt: null,
        criticality: 'informational',
        intervalMs,
      });
    }
    for (const component of this.components.values()) component.start();
    this.refresh();
    this.tellLater();
  }

  /**
   * Announces the shutdown: the readiness probe answers 503 at once, and checks end, so that parts which close down
   * do not look like failures. The module calls it when the application closes; {@link drain} also waits.
   */
  beginShutdown(): void {
    this.stopping = true;
    this.cancelTelling?.();
    for (const component of this.components.values()) component.stop();
    this.refresh();
  }

  /**
   * Says not ready at once and waits until those who ask the probe have noticed, while the service goes on to answer.
   * Call it before `app.close()`, or give the module `shutdownDrainMs`. Who calls while it waits already waits with it,
   * so that a signal which comes to a service that closes cuts nothing short.
   * @param ms longer than the time between two probes, in milliseconds
   */
  drain(ms: number): Promise<void> {
    this.beginShutdown();
    this.draining ??=
      ms > 0
        ? new Promise<void>((resolve) => void this.context.timers.after(ms, resolve))
        : Promise.resolve();
    return this.draining;
  }

  /** Tells that this replica says nothing more of its components, so that neither its last word nor an alert stays. */
  leave(): void {
    const { overallStatus: whole } = this.current();
    for (const component of this.components.keys()) {
      this.announcer.tell({ replica: this.replica, component, health: null, overallStatus: whole });
    }
    this.announcer.leave(this.clock.now());
  }

  /** Again and again, so that what a replica said that has died does not stay. */
  private tellLater(): void {
    this.cancelTelling = this.context.timers.after(HEALTH_TOLD_EVERY_MS, () => {
      const { overallStatus: whole } = this.current();
      for (const { name, health } of this.components.values()) {
        this.announcer.tell({ replica: this.replica, component: name, health, overallStatus: whole });
      }
      const { durable, lost } = this.keeper.state;
      if (durable) this.announcer.historyLost(lost);
      this.announcer.tellAlertsAgain();
      this.tellLater();
    });
  }

  private async runAll(): Promise<void> {
    await Promise.all([...this.components.values()].map((component) => component.run()));
  }

  private current(): Pick<HealthReport, 'overallStatus' | 'components'> {
    if (!this.snapshot) {
      const watched = [...this.components].map(([name, component]) => [name, component.health] as const);
      const components = Object.fromEntries([...watched, ...this.emptyPorts]);
      this.snapshot = { overallStatus: overallStatus(Object.values(components)), components };
    }
    return this.snapshot;
  }

  /** Drops what was made of the components before one of them changed, or before all did. */
  private refresh(name?: string): void {
    this.snapshot = null;
    this.rendered.drop();
    if (name === undefined) this.board.allChanged();
    else this.board.changed(name);
  }
}
