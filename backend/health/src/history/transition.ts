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

/** How many transitions of a component are kept in memory. */
export const MAX_TRANSITIONS = 100;

/** A transition as it is stored: by the run that saw it and its number in that run. */
export interface TransitionRecord {
  component: string;
  /** Counts up through all transitions of a run, so that one written twice is stored once. */
  sequence: number;
  /** Milliseconds since the epoch. */
  at: number;
  from: StatusFamily;
  /** `null` when the component stopped being watched. */
  to: StatusFamily | null;
  reason: string | null;
}

/** One life of one process, as the history knows it. */
export interface HealthRun {
  /** UUID. */
  id: string;
  /** The replica. */
  node: string;
  startedAt: number;
  /** Until when it surely watched. What it saw last holds until then. */
  seenAt: number;
  /** `null` while it has not ended in order. */
  endedAt: number | null;
}

/** A transition with the run that saw it. */
export interface SeenTransition extends TransitionRecord {
  run: HealthRun;
}
