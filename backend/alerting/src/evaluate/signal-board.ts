import type { AlertSignal, AlertSink } from '@fleetdeck/kernel';
import type { StoredSignal } from '../store/alert-store.ts';
import { storable } from '../store/storable.ts';

/** Components that may be unwell at once on one replica; more are left out. */
export const MAX_SIGNALS = 1000;
const MAX_TEXT = 500;

/** What this replica's health says: the components that are not well. */
export class SignalBoard implements AlertSink {
  private readonly signals = new Map<string, StoredSignal & { at: number }>();

  signal({ source, active, severity, message, at }: AlertSignal): void {
    // A longer one is no key for the store. Cut first: that may leave half of a character.
    const key = storable(source.slice(0, MAX_TEXT));
    if (!active) this.signals.delete(key);
    else if (this.signals.has(key) || this.signals.size < MAX_SIGNALS) {
      this.signals.set(key, { source: key, severity, message: storable(message.slice(0, MAX_TEXT)), at });
    }
  }

  all(): (StoredSignal & { at: number })[] {
    return [...this.signals.values()];
  }
}
