import { useId, useState, type SyntheticEvent } from 'react';
import type { HttpClient } from '@fleetdeck/client';
import { FormEnd } from './FormEnd.tsx';
import { focusOnce } from './focus-once.ts';
import { problemOf } from './problem-of.ts';

interface AcknowledgeFormProps {
  /** What is acknowledged, for its name. */
  name: string;
  incidentId: string;
  http: HttpClient;
  onDone: () => void;
  onCancel: () => void;
}

const MAX_REASON_LENGTH = 500;

/** Asks what is being done about an incident, and acknowledges it. Escape leaves it as it is. */
export function AcknowledgeForm({ name, incidentId, http, onDone, onCancel }: AcknowledgeFormProps) {
  const reasonId = useId();
  const [reason, setReason] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);

  const send = async (event: SyntheticEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      const said = reason.trim();
      await http.post(
        `/incidents/${encodeURIComponent(incidentId)}/ack`,
        said === '' ? {} : { reason: said },
      );
      onDone();
    } catch (thrown) {
      setProblem(problemOf(thrown));
      setBusy(false);
    }
  };

  return (
    <form
      className="inline-form"
      aria-label={`Acknowledge ${name}`}
      onSubmit={(event) => void send(event)}
      onKeyDown={({ key }) => {
        if (key === 'Escape') onCancel();
      }}
    >
      <label htmlFor={reasonId}>What is being done (optional)</label>
      <input
        id={reasonId}
        value={reason}
        maxLength={MAX_REASON_LENGTH}
        // Who pressed the button goes on here.
        ref={focusOnce}
        onChange={({ target }) => setReason(target.value)}
      />
      <FormEnd submit="Acknowledge" busy={busy} problem={problem} onCancel={onCancel} />
    </form>
  );
}
