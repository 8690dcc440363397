import { useRef, useState } from 'react';
import type { HttpClient } from '@fleetdeck/client';
import type { Alert, Silence } from '@fleetdeck/dto';
import { useTimeFormat } from '@fleetdeck/react';
import type { Preferences } from '../../preferences.ts';
import { ListProblem } from './ListProblem.tsx';
import { problemOf } from './problem-of.ts';
import { matcherText, type SilenceDraft } from './silence-draft.ts';
import { SilenceForm } from './SilenceForm.tsx';
import type { SilencesState } from './useSilences.ts';

interface SilencesProps {
  silences: SilencesState;
  alerts: readonly Alert[];
  http: HttpClient;
  mayAct: boolean;
  timeZone: Preferences['timeZone'];
  /** What the form is opened with; `null` while it is closed. */
  draft: SilenceDraft | null;
  onNew: () => void;
  onClose: () => void;
  onChanged: () => void;
}

/** What people are not told of, until when and why. */
export function Silences(props: SilencesProps) {
  const { silences: list, alerts, http, mayAct, timeZone, draft, onNew, onClose, onChanged } = props;
  const { silences, error, reload } = list;
  const title = useRef<HTMLHeadingElement>(null);
  // The form, and the row that ends, take their focus along.
  const close = (): void => {
    onClose();
    title.current?.focus();
  };
  const changed = (): void => {
    title.current?.focus();
    reload();
    onChanged();
  };
  return (
    <section className="panel" aria-labelledby="silences-title">
      <div className="panel-title">
        <h2 ref={title} tabIndex={-1} id="silences-title">
          Silences
        </h2>
        {mayAct && draft === null && (
          <button type="button" className="button-plain" onClick={onNew}>
            New silence
          </button>
        )}
      </div>
      {mayAct && draft !== null && (
        <SilenceForm
          // Another alert begins the form anew.
          key={JSON.stringify(draft)}
          initial={draft}
          alerts={alerts}
          http={http}
          timeZone={timeZone}
          onDone={() => {
            onClose();
            changed();
          }}
          onCancel={close}
        />
      )}
      <ListProblem what="silences" error={error} known={silences !== null} onRetry={reload} />
      {silences === null && error === null && <p className="quiet">Loading…</p>}
      {silences?.length === 0 && error === null && (
        <p className="quiet">There is none: people are told of everything.</p>
      )}
      {silences !== null && silences.length > 0 && (
        <ul className="alert-list">
          {silences.map((silence) => (
            <SilenceRow key={silence.id} {...{ silence, http, mayAct }} onEnded={changed} />
          ))}
        </ul>
      )}
    </section>
  );
}

interface SilenceRowProps {
  silence: Silence;
  http: HttpClient;
  mayAct: boolean;
  onEnded: () => void;
}

function SilenceRow({ silence, http, mayAct, onEnded }: SilenceRowProps) {
  const { time } = useTimeFormat();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const { id, matchers, reason, createdBy, startsAt, endsAt, state } = silence;
  const what = matchers.map(matcherText).join(' and ');

  const end = async (): Promise<void> => {
    setBusy(true);
    setProblem(null);
    try {
      await http.delete(`/silences/${encodeURIComponent(id)}`);
      onEnded();
    } catch (thrown) {
      setProblem(problemOf(thrown));
    }
    setBusy(false);
  };

  return (
    <li className="silence-row">
      <div className="alert-what">
        <h3>{what}</h3>
        <p>{reason}</p>
        {problem !== null && (
          <p className="problem" role="alert">
            {problem}
          </p>
        )}
      </div>
      <p className="alert-when quiet">
        {state === 'waiting' ? `From ${time(Date.parse(startsAt))} until` : 'Until'}{' '}
        {time(Date.parse(endsAt))}, by {createdBy}
      </p>
      {mayAct && (
        <div className="alert-actions">
          <button type="button" className="button-plain" disabled={busy} onClick={() => void end()}>
            End<span className="unseen"> the silence of {what}</span>
          </button>
        </div>
      )}
    </li>
  );
}
