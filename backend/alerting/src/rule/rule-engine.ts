import type { AlertState, IncidentEvent } from '@fleetdeck/dto';
import { isoTime } from '@fleetdeck/kernel';
import type { ParsedRule } from './alert-rule.ts';
import { findingOf, type Reading } from './find.ts';
import { instanceKey, reasonFor, type Instance } from './instance.ts';
import { advance, inactive, type Finding } from './state-machine.ts';

/** What was read for a rule; `null` when it could not be read. */
export type Readings = ReadonlyMap<string, readonly Reading[] | null>;

/** An instance that changed its state. */
export interface Change {
  readonly instance: Instance;
  /** `null` when its rule is gone. */
  readonly rule: ParsedRule | null;
  readonly event: IncidentEvent;
}

/** What decides how rules are evaluated. */
export interface RuleEngineOptions {
  /** Time between two evaluations, in milliseconds. */
  intervalMs: number;
  /** Series of one rule that are watched; further ones are counted and left out. */
  maxSeriesPerRule: number;
  /** An alert whose series has had no data for this long is over, in milliseconds. */
  forgetSeriesAfterMs: number;
  /** Makes ids of incidents and events. */
  newId: () => string;
}

/** In how many parts the time until a series is forgotten is stored. */
const STORED_PARTS = 20;

/** Evaluates rules on readings. Pure but for its memory: no clock, no I/O. */
export class RuleEngine {
  private readonly instances = new Map<string, Instance>();
  /** The same, by the name of their rule. */
  private readonly byRule = new Map<string, Map<string, Instance>>();
  /** Keys of label sets by the name of their rule: to hash them anew at each evaluation would cost more than the rest. */
  private readonly keys = new Map<string, Map<string, string>>();
  private readonly rules: ReadonlyMap<string, ParsedRule>;
  private readonly dirty = new Set<string>();
  private leftOut = 0;

  constructor(
    rules: readonly ParsedRule[],
    private readonly options: RuleEngineOptions,
  ) {
    this.rules = new Map(rules.map((rule) => [rule.name, rule]));
  }

  /** Series that the last evaluation left out, because their rule has too many. */
  get seriesLeftOut(): number {
    return this.leftOut;
  }

  /** Every instance that is not inactive. */
  active(): Instance[] {
    return [...this.instances.values()].filter(({ standing }) => standing.state !== 'inactive');
  }

  rule(name: string): ParsedRule | undefined {
    return this.rules.get(name);
  }

  /** The instance of an incident that is not over. */
  ofIncident(incidentId: string): Instance | undefined {
    return this.active().find((instance) => instance.incidentId === incidentId);
  }

  /** Notes that an instance has to be stored. */
  touch(instance: Instance): void {
    this.dirty.add(instance.key);
  }

  /** Notes again that keys have to be forgotten. */
  forgetLater(keys: readonly string[]): void {
    for (const key of keys) this.dirty.add(key);
  }

  /** Gives what has to be stored since the last call: instances to write, and keys of those to forget. */
  takeDirty(): { write: Instance[]; forget: string[] } {
    const write: Instance[] = [];
    const forget: string[] = [];
    for (const key of this.dirty) {
      const instance = this.instances.get(key);
      if (instance && (instance.standing.state !== 'inactive' || this.remembers(instance)))
        write.push(instance);
      else forget.push(key);
    }
    this.dirty.clear();
    return { write, forget };
  }

  /** Goes on from what was stored. Instances of rules that are gone end now. */
  restore(stored: readonly Instance[], at: number): Change[] {
    this.instances.clear();
    this.byRule.clear();
    this.dirty.clear();
    const changes: Change[] = [];
    for (const instance of stored) {
      this.keep(instance);
      const rule = this.rules.get(instance.rule);
      if (rule && hasLabelsOf(rule, instance)) continue;
      if (instance.standing.state !== 'inactive') {
        const why = rule ? 'tells its series apart by other labels now' : 'is no longer there';
        changes.push(this.end(instance, rule ?? null, at, `Rule ${instance.rule} ${why}.`));
      }
      this.drop(instance);
    }
    return changes;
  }

  /** Evaluates every rule at `at`, milliseconds since the epoch. */
  evaluate(at: number, readings: Readings): Change[] {
    const steps = this.evaluateInSteps(at, readings);
    for (;;) {
      const { done, value } = steps.next();
      if (done) return value;
    }
  }

  /** The same, a rule at a step: with many series nothing else in the process has to wait for all of them. */
  *evaluateInSteps(at: number, readings: Readings): Generator<void, Change[]> {
    this.leftOut = 0;
    const changes: Change[] = [];
    for (const rule of this.rules.values()) {
      const read = readings.get(rule.name) ?? null;
      if (read === null) this.evaluateUnread(rule, at);
      else this.evaluateRule(rule, read, at, changes);
      yield;
    }
    return changes;
  }

  private evaluateUnread(rule: ParsedRule, at: number): void {
    for (const instance of this.seriesOf(rule.name).values()) this.step(rule, instance, 'unknown', at);
  }

  private evaluateRule(rule: ParsedRule, read: readonly Reading[], at: number, changes: Change[]): void {
    const known = this.seriesOf(rule.name);
    const seen = new Set<string>();
    for (const reading of withWhole(rule, read)) {
      const key = this.keyOf(rule.name, reading.labels);
      const found = known.get(key) ?? this.create(rule, key, reading, at);
      if (!found) continue;
      seen.add(key);
      if (reading.value !== null) found.missingMs = 0;
      if (reading.value !== found.value || (reading.reason ?? null) !== found.reason) {
        found.value = reading.value;
        found.reason = reading.reason ?? null;
        if (found.standing.state !== 'inactive') this.touch(found);
      }
      this.apply(rule, found, findingOf(rule, reading.value), at, changes);
    }
    for (const instance of [...known.values()]) {
      if (seen.has(instance.key)) continue;
      // A component of which nobody says anything is well.
      const value = rule.source.kind === 'health' ? 0 : null;
      instance.value = value;
      instance.reason = null;
      this.apply(rule, instance, findingOf(rule, value), at, changes);
    }
  }

  private create(rule: ParsedRule, key: string, reading: Reading, at: number): Instance | null {
    if (this.seriesOf(rule.name).size >= this.options.maxSeriesPerRule) {
      this.leftOut += 1;
      return null;
    }
    const instance: Instance = {
      key,
      rule: rule.name,
      seriesLabels: reading.labels,
      standing: inactive(at),
      since: at,
      beganAt: at,
      firedAt: null,
      value: reading.value,
      reason: reading.reason ?? null,
      incidentId: '',
      version: 0,
      notifiedAt: null,
      lastNotifiedAt: null,
      endsToldAt: null,
      missingMs: 0,
      acknowledgement: null,
    };
    this.keep(instance);
    if (this.remembers(instance)) this.touch(instance);
    return instance;
  }

  private apply(rule: ParsedRule, instance: Instance, finding: Finding, at: number, changes: Change[]): void {
    if (finding === 'none' && this.isForgotten(rule, instance, at)) {
      if (instance.standing.state !== 'inactive') {
        changes.push(this.end(instance, rule, at, 'Its series has had no data for too long.'));
      }
      this.drop(instance);
      return;
    }
    const from = instance.standing.state;
    this.step(rule, instance, finding, at);
    const to = instance.standing.state;
    if (from !== to) changes.push(this.changed(instance, rule, from, at, reasonFor(rule, instance)));
    // What is well and has no data now would only fill the memory.
    if (to === 'inactive' && finding === 'none' && !this.remembers(instance)) this.drop(instance);
    else if (to === 'inactive' && rule.source.kind === 'health') this.drop(instance);
  }

  private step(rule: ParsedRule, instance: Instance, finding: Finding, at: number): void {
    const before = instance.standing;
    const { forMs, keepFiringForMs, noData } = rule;
    const timing = { forMs, keepFiringForMs, noData, intervalMs: this.options.intervalMs };
    instance.standing = advance(before, finding, at, timing);
    if (instance.standing.heldMs !== before.heldMs || instance.standing.noData !== before.noData) {
      this.touch(instance);
    }
  }

  /** Whether a series has been without data for so long that it counts as gone. */
  private isForgotten(rule: ParsedRule, instance: Instance, at: number): boolean {
    // That a metric as a whole is silent is just what these two policies watch for.
    if (this.remembers(instance) && Object.keys(instance.seriesLabels).length === 0) return false;
    const { intervalMs, forgetSeriesAfterMs } = this.options;
    const passedMs = Math.min(Math.max(0, at - instance.standing.evaluatedAt), 2 * intervalMs);
    const before = instance.missingMs;
    instance.missingMs += passedMs;
    // Stored now and then, so that restarts do not begin to count anew.
    const storedEveryMs = forgetSeriesAfterMs / STORED_PARTS;
    if (Math.floor(before / storedEveryMs) !== Math.floor(instance.missingMs / storedEveryMs)) {
      if (instance.version > 0 || this.remembers(instance)) this.touch(instance);
    }
    return instance.missingMs >= forgetSeriesAfterMs;
  }

  /** Whether an inactive series is kept, so that its silence is noticed, after a restart too. */
  private remembers(instance: Instance): boolean {
    const policy = this.rules.get(instance.rule)?.noData;
    return policy === 'noData' || policy === 'alerting';
  }

  private drop(instance: Instance): void {
    this.instances.delete(instance.key);
    this.byRule.get(instance.rule)?.delete(instance.key);
    // What never changed was never stored.
    if (instance.version > 0 || this.remembers(instance)) this.touch(instance);
  }

  private end(instance: Instance, rule: ParsedRule | null, at: number, reason: string): Change {
    const from = instance.standing.state;
    instance.standing = inactive(at);
    return this.changed(instance, rule, from, at, reason);
  }

  private changed(
    instance: Instance,
    rule: ParsedRule | null,
    from: AlertState,
    at: number,
    reason: string,
  ): Change {
    const to = instance.standing.state;
    const durationMs =
      from === 'inactive' && instance.version === 0 ? null : Math.max(0, at - instance.since);
    if (from === 'inactive') {
      instance.incidentId = this.options.newId();
      instance.beganAt = at;
      instance.firedAt = null;
      instance.notifiedAt = null;
      instance.lastNotifiedAt = null;
      instance.endsToldAt = null;
      instance.acknowledgement = null;
    }
    if (to === 'firing') instance.firedAt ??= at;
    instance.since = at;
    instance.version += 1;
    this.touch(instance);
    const event: IncidentEvent = {
      id: this.options.newId(),
      incidentId: instance.incidentId,
      rule: instance.rule,
      kind: 'state',
      from,
      to,
      at: isoTime(at),
      durationMs,
      reason,
      value: instance.value,
      by: null,
    };
    return { instance: { ...instance }, rule, event };
  }

  private keep(instance: Instance): void {
    this.instances.set(instance.key, instance);
    this.seriesOf(instance.rule).set(instance.key, instance);
  }

  private seriesOf(rule: string): Map<string, Instance> {
    const known = this.byRule.get(rule);
    if (known) return known;
    const series = new Map<string, Instance>();
    this.byRule.set(rule, series);
    return series;
  }

  private keyOf(rule: string, labels: Readonly<Record<string, string>>): string {
    let keys = this.keys.get(rule);
    if (!keys || keys.size > 2 * this.options.maxSeriesPerRule) {
      keys = new Map<string, string>();
      this.keys.set(rule, keys);
    }
    const text = JSON.stringify(labels);
    const key = keys.get(text) ?? instanceKey(rule, labels);
    keys.set(text, key);
    return key;
  }
}

/** Whether an instance is told apart by the labels by which its rule does it now. */
function hasLabelsOf({ source }: ParsedRule, { seriesLabels }: Instance): boolean {
  const names = source.kind === 'metric' ? source.metric.groupBy : ['component'];
  return (
    Object.keys(seriesLabels).length === names.length &&
    names.every((name) => Object.hasOwn(seriesLabels, name))
  );
}

/** A rule that watches all series together has an answer even when there is no series. */
function withWhole(rule: ParsedRule, read: readonly Reading[]): readonly Reading[] {
  const { source } = rule;
  if (source.kind === 'health' || source.metric.groupBy.length > 0 || read.length > 0) return read;
  return [{ labels: {}, value: null }];
}
