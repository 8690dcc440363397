import { useRef, useState } from 'react';
import type { Environment } from '../../environment.ts';
import { numberFormat } from '../../format/intl.ts';
import type { TimelineEntry } from './entries.ts';
import type { SaveFile } from './exportEntries.ts';
import type { TimelineFilter } from './filter.ts';
import { timelineWords } from '../../messages/timeline.ts';

/** Props of {@link TimelineExport}. */
export interface TimelineExportProps {
  /** What the filter shows. */
  entries: readonly TimelineEntry[];
  total: number;
  filter: TimelineFilter;
  /** Begin of the file's name. */
  name: string;
  save: SaveFile | undefined;
  environment: Environment;
}

/** Exports what the filter shows as CSV or JSON; a long one tells how far it is and can be cancelled. */
export function TimelineExport(props: TimelineExportProps) {
  const { entries, total, filter, name, save, environment } = props;
  const { messages, locale, announcer, clock, timeZone } = environment;
  const words = timelineWords(messages);
  const [done, setDone] = useState<number | null>(null);
  const [failed, setFailed] = useState(false);
  const running = useRef<AbortController | null>(null);

  const run = async (kind: 'csv' | 'json'): Promise<void> => {
    const end = new AbortController();
    running.current = end;
    setFailed(false);
    setDone(0);
    try {
      const { exportEntries } = await import('./exportEntries.ts');
      const facts = { filter, timeZone: timeZone ?? null, total, madeAt: clock.getSnapshot() };
      await exportEntries(kind, entries, { facts, name, save, signal: end.signal, onProgress: setDone });
      const number = (value: number): string => numberFormat(locale, {}).format(value);
      announcer.announce(words.exported(number(entries.length), number(total)), 'timeline-export');
    } catch {
      if (end.signal.aborted) return;
      setFailed(true);
      announcer.announce(words.exportFailed, 'timeline-export');
    } finally {
      if (running.current === end) setDone(null);
    }
  };

  if (done !== null) {
    return (
      <div className="fd-timeline-export">
        <progress value={done} aria-label={words.exportAs} />
        <span>{words.exporting(numberFormat(locale, { style: 'percent' }).format(done))}</span>
        <button
          type="button"
          className="fd-button"
          onClick={() => {
            running.current?.abort();
            running.current = null;
            setDone(null);
          }}
        >
          {words.cancel}
        </button>
      </div>
    );
  }
  return (
    <div role="group" aria-label={words.exportAs} className="fd-timeline-export">
      {failed && <span>{words.exportFailed}</span>}
      <span aria-hidden="true">{words.exportAs}</span>
      <button
        type="button"
        className="fd-button"
        disabled={entries.length === 0}
        onClick={() => void run('csv')}
      >
        {words.csv}
      </button>
      <button
        type="button"
        className="fd-button"
        disabled={entries.length === 0}
        onClick={() => void run('json')}
      >
        {words.json}
      </button>
    </div>
  );
}
