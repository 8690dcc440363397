import { hostname } from 'node:os';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import {
  HEALTH_TOLD_EVERY_MS,
  type ComponentHealth,
  type HealthUpdate,
  type Position,
  type StatusFamily,
} from '@fleetdeck/dto';
import {
  ALERT_SINK,
  emptyPortNotice,
  KNOWN_PORTS,
  messageOf,
  METRIC_SINK,
  PUBLISHER,
  type AlertSink,
  type AlertSignal,
  type MetricSink,
  type Publisher,
} from '@fleetdeck/kernel';
import { HEALTH_MODULE_OPTIONS, type HealthModuleOptions } from './health.options.ts';
import type { HealthTransition } from './history/transition.ts';
import { countsAs } from './report/overall-status.ts';
import { componentWithoutDetails } from './report/without-details.ts';

/** Topic on which changes are published. */
export const HEALTH_TOPIC = 'health';
/** Metric that records how long each check takes, labelled by `component`. */
export const CHECK_DURATION_METRIC = 'fleetdeck_health_check_duration_ms';

/** Metric that counts the changes of status of each `component`. */
export const TRANSITIONS_METRIC = 'fleetdeck_health_transitions';

/** Metric that counts the changes that the history had to give up. */
export const HISTORY_LOST_METRIC = 'fleetdeck_health_history_lost';

/** Signals that are held for a sink that fails; of more, the oldest are given up. */
const MAX_UNTAKEN = 1_000;

/** What is active is told again on every fourth beat: once a minute. */
const BEATS_BETWEEN_ALERTS = 60_000 / HEALTH_TOLD_EVERY_MS;

/** How a component is, as the announcer tells it. */
export interface HealthNews {
  /** The word of this replica. */
  readonly replica: string;
  readonly component: string;
  /** `null` when it is no longer watched. */
  readonly health: ComponentHealth | null;
  readonly overallStatus: StatusFamily;
}

/** A change as the announcer takes it. */
export interface HealthChange extends HealthNews {
  readonly health: ComponentHealth;
  /** `null` when only the reason changed. */
  readonly transition: HealthTransition | null;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/**
 * Tells the rest of the portal: topic `health`, the alert sink, metrics, the log. All of it optional; a port that
 * throws or rejects is logged once and never disturbs a check.
 */
@Injectable()
export class HealthAnnouncer {
  private readonly logger = new Logger('FleetdeckHealth');
  private publisher: Publisher | null = null;
  private metrics: MetricSink | null = null;
  private alerts: AlertSink | null = null;
  /** What was said of each component that is not well. */
  private readonly alerting = new Map<string, AlertSignal>();
  /** Components of which the sink has heard from this process. */
  private readonly heardOf = new Set<string>();
  private readonly node: string;
  private beats = 0;
  /** The newest signal of each component that the sink is not known to have taken. */
  private readonly untaken = new Map<string, { signal: AlertSignal; lost: boolean }>();
  private readonly failing = new Set<string>();
  private historyLosses: number | null = null;

  constructor(
    @Inject(ModuleRef) private readonly moduleRef: Pick<ModuleRef, 'get'>,
    @Inject(HEALTH_MODULE_OPTIONS) { history = {} }: HealthModuleOptions,
  ) {
    this.node = history.node ?? hostname();
  }

  /** Looks up the ports, once all modules stand. Answers the names of those that nobody fills. */
  connect(): string[] {
    this.publisher = this.find<Publisher>(PUBLISHER, 'changes of health are not broadcast');
    this.metrics = this.find<MetricSink>(METRIC_SINK, 'the durations of health checks are not recorded');
    this.alerts = this.find<AlertSink>(ALERT_SINK, 'nobody is alerted when a component degrades');
    this.guarded('MetricSink', () =>
      this.metrics?.declare([
        {
          name: CHECK_DURATION_METRIC,
          kind: 'distribution',
          unit: 'ms',
          help: 'How long a health check took.',
          labels: ['component'],
          goodDirection: 'down',
        },
        {
          name: TRANSITIONS_METRIC,
          kind: 'counter',
          help: 'How often a component changed its status.',
          labels: ['component'],
          goodDirection: 'down',
        },
        {
          name: HISTORY_LOST_METRIC,
          kind: 'counter',
          help: 'Changes of health that were given up because too many waited for the database.',
          goodDirection: 'down',
        },
      ]),
    );
    return KNOWN_PORTS.filter(({ token }) => this.lookUp(token) === null).map(({ name }) => name);
  }

  /** Where topic `health` stands now; `null` when it is not kept. */
  position(): Position | null {
    return this.guarded('Publisher', () => this.publisher?.position(HEALTH_TOPIC)) ?? null;
  }

  /** Records how long a check took. */
  checked(component: string, latencyMs: number): void {
    this.guarded('MetricSink', () => this.metrics?.record(CHECK_DURATION_METRIC, latencyMs, { component }));
  }

  /** Records how many changes the history has given up so far. */
  historyLost(count: number): void {
    const more = count - (this.historyLosses ?? 0);
    if (count === this.historyLosses) return;
    this.historyLosses = count;
    this.guarded('MetricSink', () => this.metrics?.increment(HISTORY_LOST_METRIC, more));
  }

  /** Publishes a change; a transition also goes to the log and, if it matters, to the alert sink. */
  changed(change: HealthChange): void {
    if (change.transition) this.count(change.transition);
    this.tell(change);
    if (change.transition) this.alert(change);
  }

  /** Publishes how a component is. */
  tell({ replica, component, health, overallStatus }: HealthNews): void {
    const update: HealthUpdate = {
      id: `${replica}/${component}`,
      replica,
      component,
      health: health && componentWithoutDetails(health),
      overallStatus,
    };
    this.guarded('Publisher', () => this.publisher?.publish(HEALTH_TOPIC, update));
  }

  /** Tells that a component is no longer watched, and ends its alert. */
  removed(news: HealthNews, at: number): void {
    const { component } = news;
    this.tell({ ...news, health: null });
    this.endAlert(component, `${component} is no longer watched.`, at);
    this.heardOf.delete(component);
  }

  /** Ends the alerts of this replica, which nobody could end once it is gone. */
  leave(at: number): void {
    for (const component of [...this.alerting.keys()]) {
      this.endAlert(component, `${component} is no longer watched by this replica.`, at);
    }
  }

  /**
   * Tells the newest signal of each component again whose sink threw or rejected, and from time to time all that is
   * active, since a sink may lose one without a word.
   */
  tellAlertsAgain(): void {
    for (const [component, { signal, lost }] of [...this.untaken]) {
      if (lost) this.signal(component, signal);
    }
    this.beats += 1;
    if (this.beats % BEATS_BETWEEN_ALERTS > 0) return;
    for (const [component, signal] of this.alerting) this.signal(component, signal);
  }

  /** An alert begins and grows with what the component contributes to the whole; only `healthy` ends it. */
  private alert({ component, health, at }: HealthChange): void {
    if (health.status === 'healthy') {
      if (this.heardOf.has(component)) this.endAlert(component, `${component} is healthy again.`, at);
      else this.endUnheard(component, health, at);
      return;
    }
    const severity = countsAs(health);
    if (severity !== 'degraded' && severity !== 'critical') return;
    if (this.alerting.get(component)?.severity === severity) return;
    const message = health.reason ?? `${component} is ${health.status}.`;
    const signal = this.signalOf(component, { active: true, severity, message, at });
    this.alerting.set(component, signal);
    this.signal(component, signal);
  }

  private endAlert(component: string, message: string, at: number): void {
    const severity = this.alerting.get(component)?.severity;
    if (!severity) return;
    this.alerting.delete(component);
    this.signal(component, this.signalOf(component, { active: false, severity, message, at }));
  }

  /** An alert that a process before this one may have left behind when it crashed. */
  private endUnheard(component: string, health: ComponentHealth, at: number): void {
    const severity = countsAs({ ...health, status: 'critical' });
    if (severity !== 'degraded' && severity !== 'critical') return;
    const message = `${component} is healthy.`;
    this.signal(component, this.signalOf(component, { active: false, severity, message, at }));
  }

  private signalOf(component: string, said: Omit<AlertSignal, 'source' | 'replica'>): AlertSignal {
    return { source: `health:${component}`, replica: this.node, ...said };
  }

  private signal(component: string, signal: AlertSignal): void {
    if (!this.alerts) return;
    this.heardOf.add(component);
    const one = { signal, lost: false };
    this.untaken.delete(component);
    this.untaken.set(component, one);
    const [oldest] = this.untaken.keys();
    if (this.untaken.size > MAX_UNTAKEN && oldest !== undefined) this.untaken.delete(oldest);
    this.guarded(
      'AlertSink',
      () => this.alerts?.signal(signal),
      (taken) => {
        if (!taken) one.lost = true;
        // A newer one may have followed meanwhile.
        else if (this.untaken.get(component) === one) this.untaken.delete(component);
      },
    );
  }

  private count(transition: HealthTransition): void {
    const { component } = transition;
    this.guarded('MetricSink', () => this.metrics?.increment(TRANSITIONS_METRIC, 1, { component }));
    this.log(transition);
  }

  private log({ component, from, to, reason }: HealthTransition): void {
    const line = `${component}: ${from} → ${to}${reason === null ? '' : ` (${reason})`}`;
    if (to === 'healthy') this.logger.log(line);
    else this.logger.warn(line);
  }

  private find<T>(token: symbol, without: string): T | null {
    const port = this.lookUp(token) as T | null;
    if (port === null) this.logger.log(emptyPortNotice(token, without));
    return port;
  }

  // Not injected: a port may be filled by a module that is not global.
  private lookUp(token: symbol): unknown {
    try {
      return this.moduleRef.get<unknown>(token, { strict: false }) ?? null;
    } catch {
      return null;
    }
  }

  /** @param settled hears whether the port took it */
  private guarded<T>(port: string, work: () => T, settled?: (taken: boolean) => void): T | undefined {
    try {
      const answer = work();
      // An async method fits every port, and nobody else would hear it fail.
      if (isThenable(answer)) {
        Promise.resolve(answer).then(
          () => {
            this.failing.delete(port);
            settled?.(true);
          },
          (thrown: unknown) => {
            this.failed(port, thrown);
            settled?.(false);
          },
        );
        return undefined;
      }
      this.failing.delete(port);
      settled?.(true);
      return answer;
    } catch (thrown) {
      this.failed(port, thrown);
      settled?.(false);
      return undefined;
    }
  }

  private failed(port: string, thrown: unknown): void {
    if (this.failing.has(port)) return;
    this.failing.add(port);
    this.logger.error(`The ${port} fails, so health goes on without it: ${messageOf(thrown)}`);
  }
}

function isThenable(answer: unknown): answer is PromiseLike<unknown> {
  return typeof (answer as { then?: unknown } | null | undefined)?.then === 'function';
}
