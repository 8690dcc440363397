import type { StatusFamily } from '@fleetdeck/dto';

/** A change of a component's status. */
export interface HealthTransition {
  component: string;
  from: StatusFamily;
  to: StatusFamily;
  /** Why; `null` when there is nothing to say. */
  reason: string | null;
  /** When, ISO 8601 UTC. */
  at: string;
}

/** How many transitions of a component are kept. */
export const MAX_TRANSITIONS = 100;

/** The newest transitions of one component, oldest first; the oldest gives way. */
export class TransitionRing {
  private readonly entries: HealthTransition[] = [];

  constructor(private readonly capacity = MAX_TRANSITIONS) {}

  add(transition: HealthTransition): void {
    this.entries.push(transition);
    if (this.entries.length > this.capacity) this.entries.shift();
  }

  toArray(): HealthTransition[] {
    return this.entries.map((entry) => ({ ...entry }));
  }
}
