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
import type { WaitingEnds } from './waiting-ends.ts';

/** How people are told. */
export interface NoticeOptions {
  /** Labels by which incidents share a notice, unless their rule has its own. */
  groupBy: readonly string[];
  /** For how long the first notice of a group waits for further incidents, in milliseconds. */
  groupWaitMs: number;
  /** How often people who were told of a group are told of further incidents and of ends of it, in milliseconds. */
  groupIntervalMs: number;
  /** How often people are told again of what nobody acknowledged, in milliseconds; 0 never. */
  reminderIntervalMs: number;
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

/** Notes the ends of what people were told of; they are told at the next turn of their group. */
export function noteEnds(changes: readonly Change[], ends: WaitingEnds, at: number): void {
  for (const { instance, rule, event } of changes) {
    const groupToldAt = groupToldAtOf(instance);
    if (event.to !== 'inactive' || instance.notifiedAt === null || groupToldAt === null) continue;
    ends.add({ incident: incidentOf(rule, instance, isoTime(at)), groupToldAt });
  }
}

/**
 * What people have to be told after an evaluation. Notes in the instances that they were told, so that each firing is
 * told once, and its end only if it was told at all. When a group was told of is known by its instances and by the ends
 * that wait, so that it holds across restarts.
 */
export function planNotices(
  engine: RuleEngine,
  changes: readonly Change[],
  ends: WaitingEnds,
  silences: readonly Silence[],
  at: number,
  options: NoticeOptions,
): AlertNotice[] {
  noteEnds(changes, ends, at);
  const drafts = new Drafts(at, options.newId);
  const groups = new Groups(options.groupBy);
  for (const { incident, groupToldAt } of ends.all()) {
    const group = groups.of(engine.rule(incident.rule) ?? null, incident.labels);
    group.ends.push(incident);
    group.hasTold(groupToldAt);
  }
  for (const instance of engine.active()) {
    const rule = engine.rule(instance.rule);
    if (!rule) continue;
    const labels = labelsOf(rule, instance.seriesLabels);
    const group = groups.of(rule, labels);
    group.hasTold(groupToldAtOf(instance));
    if (instance.notifiedAt !== null) group.members.push(instance);
    if (instance.standing.state !== 'firing' || silenceFor(silences, labels, at)) continue;
    (instance.notifiedAt === null ? group.untold : group.told).push({ instance, rule });
  }
  for (const group of groups.all()) {
    const unacknowledged = group.told.filter(({ instance }) => instance.acknowledgement === null);
    const reminds = unacknowledged.some(({ instance }) => isReminderDue(instance, at, options));
    // A reminder puts the next notice off, so what waits goes along with it.
    if (!reminds && !isTurnOf(group, at, options)) continue;
    for (const incident of group.ends) {
      drafts.add('resolved', group.labels, incident);
      ends.remove(incident.incidentId);
    }
    if (group.ends.length > 0) {
      for (const instance of group.members) {
        instance.endsToldAt = at;
        engine.touch(instance);
      }
    }
    const tell = (kind: AlertNotice['kind'], { instance, rule }: Firing): void => {
      drafts.add(kind, group.labels, incidentOf(rule, instance, null));
      instance.notifiedAt ??= at;
      instance.lastNotifiedAt = at;
      engine.touch(instance);
    };
    for (const firing of group.untold) tell('firing', firing);
    if (reminds) for (const firing of unacknowledged) tell('reminder', firing);
  }
  return drafts.notices();
}

/** Tells that some incidents are over, whether or not they are, and whose turn it is. */
export function planEnds(
  engine: RuleEngine,
  ends: WaitingEnds,
  incidentIds: ReadonlySet<string>,
  at: number,
  options: Pick<NoticeOptions, 'groupBy' | 'newId'>,
): AlertNotice[] {
  const drafts = new Drafts(at, options.newId);
  const groups = new Groups(options.groupBy);
  const waiting = ends.all().map(({ incident }) => incident);
  const lasting = engine.active().map((instance) => {
    return incidentOf(engine.rule(instance.rule) ?? null, instance, isoTime(at));
  });
  for (const incident of [...waiting, ...lasting]) {
    if (!incidentIds.has(incident.incidentId)) continue;
    const rule = engine.rule(incident.rule) ?? null;
    drafts.add('resolved', groups.of(rule, incident.labels).labels, incident);
  }
  return drafts.notices();
}

interface Firing {
  readonly instance: Instance;
  readonly rule: ParsedRule;
}

/** What lasts of one group, and what is over and not told. */
class Group {
  /** When people were last told of any of it. */
  toldAt: number | null = null;
  /** What fires and may be told, by whether it was told. */
  readonly untold: Firing[] = [];
  readonly told: Firing[] = [];
  /** All of which people were told. */
  readonly members: Instance[] = [];
  readonly ends: NoticeIncident[] = [];

  constructor(readonly labels: AlertLabels) {}

  hasTold(at: number | null): void {
    if (at !== null) this.toldAt = Math.max(this.toldAt ?? at, at);
  }
}

class Groups {
  private readonly groups = new Map<string, Group>();

  constructor(private readonly groupBy: readonly string[]) {}

  of(rule: ParsedRule | null, labels: AlertLabels): Group {
    const names = (rule?.groupBy ?? this.groupBy).filter((name) => Object.hasOwn(labels, name));
    const shared = Object.fromEntries(names.map((name) => [name, labels[name] ?? '']));
    const key = JSON.stringify(shared);
    const group = this.groups.get(key) ?? new Group(shared);
    this.groups.set(key, group);
    return group;
  }

  all(): Group[] {
    return [...this.groups.values()];
  }
}

/** When people were last told of an instance or of ends of its group. */
function groupToldAtOf({ lastNotifiedAt, endsToldAt }: Instance): number | null {
  if (lastNotifiedAt === null || endsToldAt === null) return lastNotifiedAt ?? endsToldAt;
  return Math.max(lastNotifiedAt, endsToldAt);
}

/** Whether further incidents of a group and its ends, or its first incidents, have waited long enough. */
function isTurnOf({ toldAt, untold }: Group, at: number, options: NoticeOptions): boolean {
  const { groupWaitMs, groupIntervalMs } = options;
  const firedAt = Math.min(...untold.map(({ instance }) => instance.firedAt ?? instance.since));
  // A clock that was set back must not hold notices up: a time to come counts as long ago.
  return toldAt === null ? Math.abs(at - firedAt) >= groupWaitMs : Math.abs(at - toldAt) >= groupIntervalMs;
}

function isReminderDue({ lastNotifiedAt }: Instance, at: number, options: NoticeOptions): boolean {
  const { reminderIntervalMs } = options;
  return reminderIntervalMs !== 0 && Math.abs(at - (lastNotifiedAt ?? at)) >= reminderIntervalMs;
}

function incidentOf(rule: ParsedRule | null, instance: Instance, endedAt: string | null): NoticeIncident {
  const gone = `Rule ${instance.rule} is no longer there.`;
  return {
    incidentId: instance.incidentId,
    rule: instance.rule,
    labels: rule ? labelsOf(rule, instance.seriesLabels) : { ...instance.seriesLabels, rule: instance.rule },
    severity: rule?.severity ?? 'degraded',
    message: rule ? messageFor(rule, instance) : gone,
    runbookUrl: rule?.runbookUrl ?? null,
    value: instance.value,
    beganAt: isoTime(instance.beganAt),
    firedAt: isoTime(instance.firedAt ?? instance.since),
    endedAt,
  };
}

/** Notices of one evaluation. */
class Drafts {
  private readonly open = new Map<string, AlertNotice>();

  constructor(
    private readonly at: number,
    private readonly newId: () => string,
  ) {}

  add(kind: AlertNotice['kind'], group: AlertLabels, incident: NoticeIncident): void {
    const key = JSON.stringify([kind, group]);
    const open = this.open.get(key);
    if (open && open.incidents.length < MAX_INCIDENTS_PER_NOTICE) {
      open.incidents.push(incident);
      if (incident.severity === 'critical') open.severity = 'critical';
      return;
    }
    // A full notice stays under another key, so that it is still sent.
    if (open) this.open.set(`${key}#${this.open.size}`, open);
    this.open.set(key, {
      id: this.newId(),
      kind,
      group,
      severity: incident.severity,
      at: isoTime(this.at),
      mayRepeat: false,
      incidents: [incident],
    });
  }

  notices(): AlertNotice[] {
    return [...this.open.values()];
  }
}
