import { useEffect, useEffectEvent, useRef, useState } from 'react';
import { numberFormat } from '../../format/intl.ts';
import { statusWord } from '../../messages.ts';
import { timelinePartWords } from '../../messages/timelineParts.ts';
import { exportEntries } from './exportEntries.ts';
import type { TimelineExportProps } from './TimelineExport.tsx';

/** Props of {@link ExportRun}. */
export interface ExportRunProps extends TimelineExportProps {
  kind: 'csv' | 'json';
  /** It is over; `held` tells that it had the focus. */
  onEnd: (how: { failed: boolean; held: boolean }) => void;
}

/** One export: makes the file, tells how far it is, and can be cancelled. One that is taken away saves nothing. */
export function ExportRun(props: ExportRunProps) {
  const { kind, entries, total, told, notLoaded, filter, typeLabel, name, save, environment, onEnd } = props;
  const { messages, locale, announcer, clock, timeZone } = environment;
  const words = timelinePartWords(messages);
  const [done, setDone] = useState(0);
  const cancelRef = useRef<HTMLButtonElement>(null);
  const end = useEffectEvent((failed: boolean) =>
    onEnd({ failed, held: document.activeElement === cancelRef.current }),
  );
  const run = useEffectEvent(async (signal: AbortSignal) => {
    const facts = {
      ...{ filter, timeZone: timeZone ?? null, total, told, notLoaded, madeAt: clock.getSnapshot() },
      ...{ words, typeLabel, statusLabel: (status: string) => statusWord(status, messages, locale) },
    };
    const said = words.exported(
      numberFormat(locale, {}).format(entries.length),
      total === null ? null : numberFormat(locale, {}).format(total),
      notLoaded.length > 0 && !told,
    );
    let failed = false;
    try {
      await exportEntries(kind, entries, { facts, name, save, signal, onProgress: setDone });
    } catch {
      failed = true;
    }
    if (signal.aborted) return;
    announcer.announce(failed ? words.exportFailed : said, 'timeline-export');
    return failed;
  });
  useEffect(() => {
    const stop = new AbortController();
    void run(stop.signal).then((failed) => {
      if (failed !== undefined) end(failed);
    });
    return () => stop.abort();
  }, []);
  return (
    <>
      <progress value={done} aria-label={words.exportAs} />
      <span>{words.exporting(numberFormat(locale, { style: 'percent' }).format(done))}</span>
      <button
        ref={cancelRef}
        type="button"
        className="fd-button"
        onClick={() => onEnd({ failed: false, held: true })}
      >
        {words.cancel}
      </button>
    </>
  );
}
