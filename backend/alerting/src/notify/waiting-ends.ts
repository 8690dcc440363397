import type { NoticeIncident } from '@fleetdeck/dto';

/** The end of an incident of which people were told. It is told at the next turn of its group. */
export interface WaitingEnd {
  readonly incident: NoticeIncident;
  /** When people had last been told of its group, in milliseconds since the epoch. */
  readonly groupToldAt: number;
}

/**
 * The ends that wait, by the ids of their incidents. No more than the alerts of which people were told at one time: who
 * is told of another one of a group is told of all ends of it that wait.
 */
export class WaitingEnds {
  private readonly ends = new Map<string, WaitingEnd>();
  private readonly dirty = new Set<string>();

  /** Goes on from what was stored. */
  restore(stored: readonly WaitingEnd[]): void {
    this.ends.clear();
    this.dirty.clear();
    for (const end of stored) this.ends.set(end.incident.incidentId, end);
  }

  all(): WaitingEnd[] {
    return [...this.ends.values()];
  }

  add(end: WaitingEnd): void {
    this.ends.set(end.incident.incidentId, end);
    this.touch(end.incident.incidentId);
  }

  /** Takes one out that is told. */
  remove(incidentId: string): void {
    this.ends.delete(incidentId);
    this.touch(incidentId);
  }

  /** Notes that what became of one has to be stored. */
  touch(incidentId: string): void {
    this.dirty.add(incidentId);
  }

  /** Gives what has to be stored since the last call: ends to write, and ids of those to forget. */
  takeDirty(): { write: WaitingEnd[]; forget: string[] } {
    const write: WaitingEnd[] = [];
    const forget: string[] = [];
    for (const id of this.dirty) {
      const end = this.ends.get(id);
      if (end) write.push(end);
      else forget.push(id);
    }
    this.dirty.clear();
    return { write, forget };
  }
}
