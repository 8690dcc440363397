import type { Incident } from '@fleetdeck/dto';
import { isoTime } from '@fleetdeck/kernel';

/** The columns that say who took an incident. */
export interface AcknowledgementColumns {
  acknowledged_by: string | null;
  acknowledged_at: Date | null;
  acknowledged_reason: string | null;
}

/** Who took it; `null` when nobody has. */
export function acknowledgementOf(row: AcknowledgementColumns): Incident['acknowledgement'] {
  const { acknowledged_by: by, acknowledged_at: at, acknowledged_reason: reason } = row;
  return by === null || at === null ? null : { by, at: isoTime(at.getTime()), reason };
}
