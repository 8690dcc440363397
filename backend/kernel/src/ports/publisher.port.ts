import type { Position } from '@fleetdeck/dto';

/** Sends messages to the portal's topics. `Broadcaster` implements it. */
export interface Publisher {
  /**
   * Publishes to a declared topic. Never throws for a client's sake and never waits for one.
   * @throws FleetdeckError `UNKNOWN_TOPIC` when no declared topic has that name
   */
  publish(topic: string, data: unknown): void;
  /** Where a topic stands now: capture it before reading the state that goes with it. `null` when it is not kept. */
  position(topic: string): Position | null;
}

/** Injection token of the {@link Publisher}. */
export const PUBLISHER = Symbol.for('@fleetdeck/kernel/PUBLISHER');
