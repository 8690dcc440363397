import { Fragment, memo, useId, type KeyboardEvent, type ReactNode } from 'react';
import { useClockValue } from '../../clock.ts';
import type { Environment } from '../../environment.ts';
import { formatAgo, formatTime } from '../../format/formatTime.ts';
import { statusWord } from '../../messages.ts';
import { Glyph, shapeOf } from '../glyph/Glyph.tsx';
import { timeOf, wholeTime, type TimelineEntry } from './entries.ts';

/** Props of {@link TimelineItem}. */
export interface TimelineItemProps {
  entry: TimelineEntry;
  open: boolean;
  onToggle: (id: string) => void;
  /** What its type is called. */
  type: string | null;
  /** Whether it can be opened. */
  expandable: boolean;
  /** A line of the caller's own instead of title and notes. */
  line: ReactNode;
  /** Details of the caller's own instead of description and fields. */
  details: ReactNode;
  /** Times stand still, as on paper. */
  still: boolean;
  environment: Environment;
}

/** Whether there is anything to open. */
export const hasMore = ({ description, data }: TimelineEntry): boolean =>
  Boolean(description) || Object.keys(data ?? {}).length > 0;

function When({ at, still, environment }: { at: number; still: boolean; environment: Environment }) {
  const { locale, timeZone, hourCycle, clock } = environment;
  // A clock that is behind the service's must not show a time that lies ahead.
  const ago = useClockValue(still ? null : clock, (now) => formatAgo(Math.max(0, now - at), locale), '');
  const time = useClockValue(
    still ? null : clock,
    (now) => formatTime(at, { locale, timeZone, hourCycle, now }),
    formatTime(at, { locale, timeZone, hourCycle, ...(still && { now: clock.getSnapshot() }) }),
  );
  return (
    <time className="fd-entry-time" dateTime={new Date(at).toISOString()}>
      {ago !== '' && <span className="fd-entry-ago">{ago} </span>}
      <span className="fd-entry-clock">{time}</span>
    </time>
  );
}

function valueText(value: unknown): string {
  if (typeof value === 'string') return value;
  try {
    const line = JSON.stringify(value) ?? '';
    return line.length <= 60 ? line : JSON.stringify(value, null, 1);
  } catch {
    return String(value);
  }
}

/** What is inside an entry of a `Timeline`: its shape, its line, its time, and the details when it is open. */
export const TimelineItem = memo(function TimelineItem(props: TimelineItemProps) {
  const { entry, open, onToggle, type, expandable, details, still, environment } = props;
  const { messages, locale } = environment;
  const id = useId();
  const { title, status, actor, description, data } = entry;
  const stated = status !== undefined && status !== null;
  const at = timeOf(entry);
  const timed = at > -8.64e15;
  const word = stated ? statusWord(status, messages, locale) : null;
  const notes = [word, type, actor].filter(Boolean);
  const line =
    props.line !== undefined && props.line !== null ? (
      <>
        {word !== null && <span className="fd-hidden">{word} </span>}
        {props.line}
      </>
    ) : (
      <>
        <span className="fd-entry-title">
          <bdi>{title}</bdi>
        </span>{' '}
        {notes.length > 0 && (
          <span className="fd-entry-notes">
            {notes.map((note, index) => (
              <Fragment key={index}>
                {index > 0 && ' · '}
                <bdi>{note}</bdi>
              </Fragment>
            ))}
          </span>
        )}
      </>
    );
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || !open) return;
    event.preventDefault();
    onToggle(entry.id);
  };
  return (
    <>
      <div className="fd-entry-row">
        {stated ? <Glyph shape={shapeOf(status)} /> : <span className="fd-entry-dot" aria-hidden="true" />}
        {expandable ? (
          <button
            type="button"
            className="fd-entry-head"
            aria-expanded={open}
            aria-controls={open ? `${id}-more` : undefined}
            data-entry={entry.id}
            onClick={() => onToggle(entry.id)}
            onKeyDown={onKeyDown}
          >
            {line}
          </button>
        ) : (
          <div className="fd-entry-head" data-entry={entry.id} tabIndex={-1}>
            {line}
          </div>
        )}
        {timed && <When {...{ at, still, environment }} />}
      </div>
      {open && expandable && (
        <div id={`${id}-more`} className="fd-entry-more">
          {timed && <p className="fd-entry-at">{wholeTime(at, environment)}</p>}
          {details ?? (
            <>
              {description && <p>{description}</p>}
              {data && Object.keys(data).length > 0 && (
                <dl>
                  {Object.entries(data).map(([name, value]) => (
                    <div key={name}>
                      <dt>{name}</dt>
                      <dd>{valueText(value)}</dd>
                    </div>
                  ))}
                </dl>
              )}
            </>
          )}
        </div>
      )}
    </>
  );
});
