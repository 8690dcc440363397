import type { IncidentEvent } from '@fleetdeck/dto';
import { isoTime } from '@fleetdeck/kernel';
import type { Delivery } from '../notify/notice-sink.ts';
import type { ParsedRule } from '../rule/alert-rule.ts';
import { labelsOf, messageFor, reasonFor, type Instance } from '../rule/instance.ts';
import type { Change } from '../rule/rule-engine.ts';
import type { IncidentRecord, StoreHistory } from '../store/alert-store.ts';

/**
 * Events, incidents and deliveries, of each, that are kept for a store that is away. Of more the oldest are dropped and
 * counted, but none that is not over: of incidents those that have ended, of deliveries those that are done.
 */
export const MAX_KEPT = 10_000;

/** What has happened and is not stored yet. */
export class Journal {
  private readonly events = new Map<string, IncidentEvent>();
  private readonly incidents = new Map<string, IncidentRecord>();
  private readonly deliveries = new Set<Delivery>();
  private readonly begun_ = new Set<string>();
  private dropped = 0;

  /** How many events, incidents and deliveries will not be on record. */
  get droppedRecords(): number {
    return this.dropped;
  }

  get isEmpty(): boolean {
    return this.events.size + this.incidents.size + this.deliveries.size === 0;
  }

  /** Ids of incidents whose begin is not stored yet. */
  get begun(): ReadonlySet<string> {
    return this.begun_;
  }

  addChange({ instance, rule, event }: Change): void {
    this.events.set(event.id, event);
    this.bound(this.events, () => true);
    const wasOn = event.from === 'firing' || event.from === 'recovering';
    if (event.to === 'firing' && !wasOn) {
      this.begun_.add(event.incidentId);
      this.putIncident(rule, instance, { reason: event.reason });
    } else if (event.to === 'inactive' && wasOn) {
      this.putIncident(rule, instance, { endedAt: event.at, endReason: event.reason });
    }
  }

  addDelivery(delivery: Delivery): void {
    this.deliveries.add(delivery);
    if (this.deliveries.size <= MAX_KEPT) return;
    for (const oldest of this.deliveries) {
      if (oldest.status === 'waiting') continue;
      this.deliveries.delete(oldest);
      this.dropped += 1;
      if (this.deliveries.size <= MAX_KEPT) return;
    }
  }

  /** Takes everything out, to store it. */
  take(): StoreHistory & { begun: readonly string[] } {
    const taken = {
      events: [...this.events.values()],
      incidents: [...this.incidents.values()],
      deliveries: [...this.deliveries],
      begun: [...this.begun_],
    };
    this.events.clear();
    this.incidents.clear();
    this.deliveries.clear();
    this.begun_.clear();
    return taken;
  }

  /** Puts back what could not be stored, before what came since. */
  putBack(taken: ReturnType<Journal['take']>): void {
    const since = this.take();
    for (const event of [...taken.events, ...since.events]) this.events.set(event.id, event);
    for (const incident of [...taken.incidents, ...since.incidents])
      this.incidents.set(incident.id, incident);
    for (const delivery of [...taken.deliveries, ...since.deliveries]) this.deliveries.add(delivery);
    for (const id of [...taken.begun, ...since.begun]) this.begun_.add(id);
  }

  /** Counts what was taken and can never be stored. */
  giveUp({ events, incidents, deliveries }: StoreHistory): void {
    this.dropped += events.length + incidents.length + deliveries.length;
  }

  /** Counts rows that the store left out of what was taken. */
  refused(rows: number): void {
    this.dropped += rows;
  }

  /** Deliveries of which the store has not heard. */
  unsaved(): Delivery[] {
    return [...this.deliveries].filter(({ released }) => !released);
  }

  private putIncident(rule: ParsedRule | null, instance: Instance, part: Partial<IncidentRecord>): void {
    const known = this.incidents.get(instance.incidentId);
    this.incidents.set(instance.incidentId, {
      ...(known ?? recordOf(rule, instance)),
      ...part,
    });
    this.bound(this.incidents, ({ endedAt }) => endedAt !== null);
  }

  private bound<T>(kept: Map<string, T>, mayGo: (each: T) => boolean): void {
    if (kept.size <= MAX_KEPT) return;
    for (const [key, each] of kept) {
      if (!mayGo(each)) continue;
      kept.delete(key);
      this.dropped += 1;
      if (kept.size <= MAX_KEPT) return;
    }
  }
}

function recordOf(rule: ParsedRule | null, instance: Instance): IncidentRecord {
  return {
    id: instance.incidentId,
    rule: instance.rule,
    labels: rule ? labelsOf(rule, instance.seriesLabels) : { ...instance.seriesLabels, rule: instance.rule },
    severity: rule?.severity ?? 'degraded',
    message: rule ? messageFor(rule, instance) : `Rule ${instance.rule} is no longer there.`,
    runbookUrl: rule?.runbookUrl ?? null,
    beganAt: isoTime(instance.beganAt),
    firedAt: isoTime(instance.firedAt ?? instance.since),
    endedAt: null,
    reason: rule ? reasonFor(rule, instance) : `Rule ${instance.rule} is no longer there.`,
    endReason: null,
    value: instance.value,
    // The store takes it from the first delivery that arrives.
    notifiedAt: null,
  };
}
