import type { Acknowledgement } from '@fleetdeck/dto';
import { useTimeFormat } from '@fleetdeck/react';

/** Who took notice of an incident, when, and what they said. */
export function AcknowledgedBy({
  acknowledgement: { by, at, reason },
}: {
  acknowledgement: Acknowledgement;
}) {
  const { ago } = useTimeFormat();
  return (
    <p className="quiet">
      Acknowledged by {by}, {ago(Date.parse(at))}
      {reason === null ? '' : `: ${reason}`}
    </p>
  );
}
