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
  /** Labels by which incidents share a notice. */
  groupBy: readonly string[];
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
 * told once, and its end only if it was told at all.
 */
export function planNotices(
  engine: RuleEngine,
  changes: readonly Change[],
  silences: readonly Silence[],
  at: number,
  options: NoticeOptions,
): AlertNotice[] {
  const groups = new Groups(at, options);
  for (const { instance, rule, event } of changes) {
    if (event.to === 'inactive' && instance.notifiedAt !== null)
      groups.add('resolved', rule, instance, isoTime(at));
  }
  for (const instance of options.endedOnly ? [] : engine.active()) {
    const rule = engine.rule(instance.rule);
    if (!rule || instance.standing.state !== 'firing') continue;
    const kind = instance.notifiedAt === null ? 'firing' : 'reminder';
    if (kind === 'reminder' && !isReminderDue(instance, at, options.reminderIntervalMs)) continue;
    if (silenceFor(silences, labelsOf(rule, instance.seriesLabels), at)) continue;
    groups.add(kind, rule, instance, null);
    instance.notifiedAt ??= at;
    instance.lastNotifiedAt = at;
    engine.touch(instance);
  }
  return groups.notices();
}

function isReminderDue(instance: Instance, at: number, reminderIntervalMs: number): boolean {
  if (reminderIntervalMs === 0 || instance.acknowledgement !== null) return false;
  return at - (instance.lastNotifiedAt ?? at) >= reminderIntervalMs;
}

class Groups {
  private readonly groups = new Map<string, AlertNotice>();

  constructor(
    private readonly at: number,
    private readonly options: NoticeOptions,
  ) {}

  add(kind: AlertNotice['kind'], rule: ParsedRule | null, instance: Instance, endedAt: string | null): void {
    const labels = rule
      ? labelsOf(rule, instance.seriesLabels)
      : { ...instance.seriesLabels, rule: instance.rule };
    const group = Object.fromEntries(
      this.options.groupBy
        .filter((name) => Object.hasOwn(labels, name))
        .map((name) => [name, labels[name] ?? '']),
    );
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
    const open = this.groups.get(key);
    if (open && open.incidents.length < MAX_INCIDENTS_PER_NOTICE) {
      open.incidents.push(incident);
      if (severity === 'critical') open.severity = 'critical';
      return;
    }
    // A full notice stays under another key, so that it is still sent.
    if (open) this.groups.set(`${key}#${this.groups.size}`, open);
    this.groups.set(key, {
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
    return [...this.groups.values()];
  }
}
