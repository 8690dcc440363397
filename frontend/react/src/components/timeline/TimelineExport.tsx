import { useRef, useState } from 'react';
import type { Environment } from '../../environment.ts';
import type { TimelineEntry } from './entries.ts';
import type { ExportFacts, SaveFile } from './exportEntries.ts';
import type { TimelineFilter } from './filter.ts';
import { lazyPart, useLazyPart } from '../lazyPart.ts';
import { timelinePartWords } from '../../messages/timelineParts.ts';

const runPart = lazyPart(() => import('./ExportRun.tsx').then((part) => part.ExportRun));

/** Props of {@link TimelineExport}. */
export interface TimelineExportProps {
  /** What the filter lets through, entries that wait too. */
  entries: readonly TimelineEntry[];
  total: ExportFacts['total'];
  told: ExportFacts['told'];
  notLoaded: ExportFacts['notLoaded'];
  filter: TimelineFilter;
  typeLabel: (type: string) => string;
  /** Begin of the file's name. */
  name: string;
  save: SaveFile | undefined;
  environment: Environment;
}

/** Exports what the filter shows as CSV or JSON; a long one tells how far it is and can be cancelled. */
export function TimelineExport(props: TimelineExportProps) {
  const words = timelinePartWords(props.environment.messages);
  const [kind, setKind] = useState<'csv' | 'json' | null>(null);
  const [failed, setFailed] = useState(false);
  const pressed = useRef<HTMLElement | null>(null);
  const { part: ExportRun } = useLazyPart(runPart, kind !== null);

  // The buttons stay while it runs, so that the focus does.
  const idle = kind === null && props.entries.length > 0;
  return (
    <div role="group" aria-label={words.exportAs} className="fd-timeline-export">
      {failed && <span>{words.exportFailed}</span>}
      <span aria-hidden="true">{words.exportAs}</span>
      {(['csv', 'json'] as const).map((each) => (
        <button
          key={each}
          type="button"
          className="fd-button"
          aria-disabled={!idle || undefined}
          onClick={({ currentTarget }) => {
            if (!idle) return;
            pressed.current = currentTarget;
            setFailed(false);
            setKind(each);
            void runPart.load().then((part) => {
              if (part !== null) return;
              setFailed(true);
              setKind(null);
            });
          }}
        >
          {words[each]}
        </button>
      ))}
      {kind !== null && ExportRun && (
        <ExportRun
          {...props}
          kind={kind}
          onEnd={(how) => {
            if (how.held) pressed.current?.focus();
            setFailed(how.failed);
            setKind(null);
          }}
        />
      )}
    </div>
  );
}
