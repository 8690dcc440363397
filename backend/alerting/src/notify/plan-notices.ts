import {
  matchesLabels,
  type AlertLabels,
  type AlertNotice,
  type NoticeIncident,
  type Silence,
} from '@fleetdeck/dto';
import { isoTime } from '@fleetdeck/kernel';
import type { ParsedRule } from '../rule/alert-rule.ts';
import { labelsOf, messageFor, type Instance } from '../rule/instance.ts';
import type { Change, RuleEngine } from '../rule/rule-engine.ts';

/** How people are told. */
export interface NoticeOptions {
  /** Labels by which incidents share a notice, unless their rule has its own. */
  groupBy: readonly string[];
  /** For how long the first notice of a group waits for further incidents, in milliseconds. */
  groupWaitMs: number;
  /** How often people who were told of a group are told of further incidents of it, in milliseconds. */
  groupIntervalMs: number;
  /** How often people are told again of what nobody acknowledged, in milliseconds; 0 never. */
  reminderIntervalMs: number;
  /** Tells only of what is over. @default false */
  endedOnly?: boolean;
  newId: () => string;
}

/** Incidents that one notice tells of at most; more make another one. */
export const MAX_INCIDENTS_PER_NOTICE = 100;

/** The silence that keeps an alert quiet at a time, in milliseconds since the epoch. */
export function silenceFor(silences: readonly Silence[], labels: AlertLabels, at: number): Silence | null {
  const holds = ({ startsAt, endsAt, matchers }: Silence): boolean =>
    Date.parse(startsAt) <= at && at < Date.parse(endsAt) && matchesLabels(matchers, labels);
  return silences.find(holds) ?? null;
}

/**
 * What people have to be told after an evaluation. Notes in the instances that they were told, so that each firing is
 * told once, and its end only if it was told at all. When a group was told of is known by its instances, so that it
 * holds across restarts.
 */
export function planNotices(
  engine: RuleEngine,
  changes: readonly Change[],
  silences: readonly Silence[],
  at: number,
  options: NoticeOptions,
): AlertNotice[] {
  const drafts = new Drafts(at, options);
  for (const { instance, rule, event } of changes) {
    if (event.to === 'inactive' && instance.notifiedAt !== null)
      drafts.add('resolved', rule, instance, isoTime(at));
  }
  if (options.endedOnly) return drafts.notices();
  const groups = new Map<string, Group>();
  for (const instance of engine.active()) {
    const rule = engine.rule(instance.rule);
    if (!rule) continue;
    const labels = labelsOf(rule, instance.seriesLabels);
    const key = JSON.stringify(groupOf(labels, rule.groupBy ?? options.groupBy));
    const group = groups.get(key) ?? { toldAt: null, untold: [], told: [] };
    groups.set(key, group);
    if (instance.lastNotifiedAt !== null)
      group.toldAt = Math.max(group.toldAt ?? -Infinity, instance.lastNotifiedAt);
    if (instance.standing.state !== 'firing' || silenceFor(silences, labels, at)) continue;
    (instance.notifiedAt === null ? group.untold : group.told).push({ instance, rule });
  }
  const tell = (kind: AlertNotice['kind'], { instance, rule }: Firing): void => {
    drafts.add(kind, rule, instance, null);
    instance.notifiedAt ??= at;
    instance.lastNotifiedAt = at;
    engine.touch(instance);
  };
  for (const group of groups.values()) {
    const unacknowledged = group.told.filter(({ instance }) => instance.acknowledgement === null);
    const reminds = unacknowledged.some(({ instance }) => isReminderDue(instance, at, options));
    // A reminder puts the next notice off, so what waits goes along with it.
    if (reminds || isTurnOf(group, at, options)) for (const firing of group.untold) tell('firing', firing);
    if (reminds) for (const firing of unacknowledged) tell('reminder', firing);
  }
  return drafts.notices();
}

interface Firing {
  readonly instance: Instance;
  readonly rule: ParsedRule;
}

/** What lasts of one group. */
interface Group {
  /** When people were last told of any of it. */
  toldAt: number | null;
  /** What fires and may be told, by whether it was told. */
  readonly untold: Firing[];
  readonly told: Firing[];
}

/** Whether further incidents of a group, or its first ones, have waited long enough. */
function isTurnOf({ toldAt, untold }: Group, at: number, options: NoticeOptions): boolean {
  const { groupWaitMs, groupIntervalMs } = options;
  const firedAt = Math.min(...untold.map(({ instance }) => instance.firedAt ?? instance.since));
  // A clock that was set back must not hold notices up: a time to come counts as long ago.
  return toldAt === null ? Math.abs(at - firedAt) >= groupWaitMs : Math.abs(at - toldAt) >= groupIntervalMs;
}

function isReminderDue({ lastNotifiedAt }: Instance, at: number, options: NoticeOptions): boolean {
  const { reminderIntervalMs } = options;
  return reminderIntervalMs !== 0 && at - (lastNotifiedAt ?? at) >= reminderIntervalMs;
}

function groupOf(labels: AlertLabels, groupBy: readonly string[]): AlertLabels {
  return Object.fromEntries(
    groupBy.filter((name) => Object.hasOwn(labels, name)).map((name) => [name, labels[name] ?? '']),
  );
}

/** Notices of one evaluation. */
class Drafts {
  private readonly open = new Map<string, AlertNotice>();

  constructor(
    private readonly at: number,
    private readonly options: NoticeOptions,
  ) {}

  add(kind: AlertNotice['kind'], rule: ParsedRule | null, instance: Instance, endedAt: string | null): void {
    const labels = rule
      ? labelsOf(rule, instance.seriesLabels)
      : { ...instance.seriesLabels, rule: instance.rule };
    const group = groupOf(labels, rule?.groupBy ?? this.options.groupBy);
    const severity = rule?.severity ?? 'degraded';
    const incident: NoticeIncident = {
      incidentId: instance.incidentId,
      rule: instance.rule,
      labels,
      severity,
      message: rule ? messageFor(rule, instance) : `Rule ${instance.rule} is no longer there.`,
      runbookUrl: rule?.runbookUrl ?? null,
      value: instance.value,
      beganAt: isoTime(instance.beganAt),
      firedAt: isoTime(instance.firedAt ?? instance.since),
      endedAt,
    };
    const key = JSON.stringify([kind, group]);
    const open = this.open.get(key);
    if (open && open.incidents.length < MAX_INCIDENTS_PER_NOTICE) {
      open.incidents.push(incident);
      if (severity === 'critical') open.severity = 'critical';
      return;
    }
    // A full notice stays under another key, so that it is still sent.
    if (open) this.open.set(`${key}#${this.open.size}`, open);
    this.open.set(key, {
      id: this.options.newId(),
      kind,
      group,
      severity,
      at: isoTime(this.at),
      mayRepeat: false,
      incidents: [incident],
    });
  }

  notices(): AlertNotice[] {
    return [...this.open.values()];
  }
}
