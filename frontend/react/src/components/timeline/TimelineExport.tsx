import { useRef, useState } from 'react';
import type { Environment } from '../../environment.ts';
import { numberFormat } from '../../format/intl.ts';
import type { TimelineEntry } from './entries.ts';
import type { SaveFile } from './exportEntries.ts';
import type { TimelineFilter } from './filter.ts';

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

const saveByLink: SaveFile = (file, name) => {
  const url = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser reads the address after the click.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
};

/** Exports what the filter shows as CSV or JSON; a long one tells how far it is and can be cancelled. */
export function TimelineExport(props: TimelineExportProps) {
  const { entries, total, filter, name, save = saveByLink, environment } = props;
  const { messages, locale, announcer, clock, timeZone } = environment;
  const words = messages.timeline;
  const [done, setDone] = useState<number | null>(null);
  const [failed, setFailed] = useState(false);
  const running = useRef<AbortController | null>(null);

  const run = async (kind: 'csv' | 'json'): Promise<void> => {
    const end = new AbortController();
    running.current = end;
    setFailed(false);
    setDone(0);
    try {
      const { toCsv, toJson } = await import('./exportEntries.ts');
      const madeAt = clock.getSnapshot();
      const zone = timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
      const facts = { filter, timeZone: zone, total, madeAt };
      const progress = { signal: end.signal, onProgress: setDone };
      const file = await (kind === 'csv' ? toCsv : toJson)(entries, facts, progress);
      const stamp = new Date(madeAt).toISOString().slice(0, 19).replaceAll(':', '');
      save(file, `${name}-${stamp}Z.${kind}`);
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
        <button type="button" className="fd-button" onClick={() => running.current?.abort()}>
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
