import { useId, useState, type SyntheticEvent } from 'react';
import type { HttpClient } from '@fleetdeck/client';
import { matchesLabels, type Alert } from '@fleetdeck/dto';
import { usePageClock, useTimeFormat } from '@fleetdeck/react';
import type { Preferences } from '../../preferences.ts';
import { FormEnd } from './FormEnd.tsx';
import { MatcherRows } from './MatcherRows.tsx';
import { focusOnce } from './focus-once.ts';
import { problemOf } from './problem-of.ts';
import { endOf, inputOf, matchersOf, SILENCE_SPANS, type SilenceDraft } from './silence-draft.ts';

interface SilenceFormProps {
  initial: SilenceDraft;
  /** The alerts on the page, to say how many would be hushed. */
  alerts: readonly Alert[];
  http: HttpClient;
  timeZone: Preferences['timeZone'];
  onDone: () => void;
  onCancel: () => void;
}

const MAX_REASON_LENGTH = 500;
const OTHER = 'other';

/** Asks for what people are not to be told of, until when and why. Escape leaves all as it is. */
export function SilenceForm({ initial, alerts, http, timeZone, onDone, onCancel }: SilenceFormProps) {
  const id = useId();
  const now = usePageClock();
  const { time } = useTimeFormat();
  const [draft, setDraft] = useState(initial);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const change = (part: Partial<SilenceDraft>): void => setDraft((before) => ({ ...before, ...part }));
  const end = endOf(draft, now, timeZone);
  const hushed = alerts.filter(({ labels }) => matchesLabels(matchersOf(draft), labels)).length;

  const send = async (event: SyntheticEvent): Promise<void> => {
    event.preventDefault();
    const written = inputOf(draft, Date.now(), timeZone);
    if ('missing' in written) return setProblem(written.missing);
    setBusy(true);
    setProblem(null);
    try {
      await http.post('/silences', written.input);
      onDone();
    } catch (thrown) {
      setProblem(problemOf(thrown));
      setBusy(false);
    }
  };

  return (
    <form
      className="silence-form"
      aria-label="New silence"
      noValidate
      onSubmit={(event) => void send(event)}
      onKeyDown={({ key }) => {
        if (key === 'Escape') onCancel();
      }}
    >
      <MatcherRows
        matchers={draft.matchers}
        labels={labelsOf(alerts)}
        onChange={(matchers) => change({ matchers })}
      />
      <p className="quiet" role="status">
        {hushed === 1 ? 'One alert' : `${hushed === 0 ? 'No alert' : `${hushed} alerts`}`} on this page{' '}
        {hushed > 1 ? 'match.' : 'matches.'}
      </p>
      <div className="field">
        <label htmlFor={`${id}-span`}>For how long</label>
        <select
          id={`${id}-span`}
          value={draft.spanMs ?? OTHER}
          onChange={({ target: { value } }) => change({ spanMs: value === OTHER ? null : Number(value) })}
        >
          {SILENCE_SPANS.map(([words, ms]) => (
            <option key={ms} value={ms}>
              {words}
            </option>
          ))}
          <option value={OTHER}>Until a time…</option>
        </select>
        {draft.spanMs !== null && end !== null && <span className="quiet">until {time(end)}</span>}
      </div>
      {draft.spanMs === null && (
        <div className="field">
          <label htmlFor={`${id}-until`}>Until ({timeZone === 'utc' ? 'UTC' : 'local time'})</label>
          <input
            id={`${id}-until`}
            type="datetime-local"
            value={draft.until}
            onChange={({ target }) => change({ until: target.value })}
          />
        </div>
      )}
      <div className="field">
        <label htmlFor={`${id}-why`}>Why</label>
        <input
          id={`${id}-why`}
          className="wide"
          value={draft.reason}
          maxLength={MAX_REASON_LENGTH}
          // What came from an alert lacks nothing else.
          ref={initial.matchers[0]?.value === '' ? undefined : focusOnce}
          onChange={({ target }) => change({ reason: target.value })}
        />
      </div>
      <FormEnd submit="Silence" busy={busy} problem={problem} onCancel={onCancel} />
    </form>
  );
}

function labelsOf(alerts: readonly Alert[]): string[] {
  const names = new Set(['rule', 'severity', ...alerts.flatMap(({ labels }) => Object.keys(labels))]);
  return [...names].sort();
}
