import { useEffect, useId, useRef, useState, type RefObject } from 'react';
import type { Environment } from '../../environment.ts';
import { isolate } from '../../format/direction.ts';
import { dateFormat, numberFormat } from '../../format/intl.ts';
import { timelinePartWords } from '../../messages/timelineParts.ts';
import { usePopover } from '../popover/usePopover.ts';
import { parseDay } from './days.ts';
import { AGO, boundAt, type TimelineFilter } from './filter.ts';
import { momentOf, wallTime } from './wallTime.ts';

const PRESETS = ['now-15m', 'now-1h', 'now-24h', 'today', 'now-7d'] as const;
const UNITS: Readonly<Record<string, string>> = { m: 'minute', h: 'hour', d: 'day' };

function boundText(text: string, { locale, timeZone, hourCycle, messages }: Environment): string {
  const words = timelinePartWords(messages);
  if (text === 'today') return words.today;
  const [, count, unit = ''] = AGO.exec(text) ?? [];
  if (count) {
    const duration = { style: 'unit', unit: UNITS[unit] ?? 'day', unitDisplay: 'long' } as const;
    return words.rangeLast(numberFormat(locale, duration).format(Number(count)));
  }
  const day = parseDay(text);
  return day === null
    ? dateFormat(locale, { timeZone, hourCycle, dateStyle: 'medium', timeStyle: 'short' }).format(
        Date.parse(text),
      )
    : dateFormat(locale, { timeZone: 'UTC', dateStyle: 'medium' }).format(day * 86_400_000);
}

/** The range of a filter in words; empty where it has none. */
export function rangeText({ from, to }: TimelineFilter, environment: Environment): string {
  const write = (text: string | null): string | null =>
    text === null || boundAt(text, false, 'UTC', 0) === null
      ? null
      : isolate(boundText(text, environment), environment.locale);
  const [begin, end] = [write(from), write(to)];
  if (begin === null && end === null) return '';
  // What goes back from now ends there.
  if (end === null && /^(?:now-|today$)/.test(from ?? '')) return begin ?? '';
  return timelinePartWords(environment.messages).rangeOf(begin, end);
}

/** Props of {@link RangePanel}. */
export interface RangePanelProps {
  filter: TimelineFilter;
  onChange: (filter: TimelineFilter) => void;
  environment: Environment;
  /** The button that it belongs to. */
  anchorRef: RefObject<HTMLElement | null>;
  /** `held`: the focus goes back to the button. */
  onClose: (held: boolean) => void;
}

type End = 'from' | 'to';

/** Chooses a range of time: one that goes back from now, or days and moments in the timeline's zone. */
export function RangePanel({ filter, onChange, environment, anchorRef, onClose }: RangePanelProps) {
  const { messages, announcer, clock } = environment;
  const words = timelinePartWords(messages);
  const timeZone = environment.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  const id = useId();
  const panelRef = useRef<HTMLDivElement>(null);
  usePopover(anchorRef, panelRef, (reason) => onClose(reason === 'escape'));
  useEffect(() => panelRef.current?.querySelector('button')?.focus(), []);

  const [fields, setFields] = useState(() => {
    const read = (text: string | null) => {
      if (parseDay(text) !== null) return { day: text ?? '', time: '' };
      const at = boundAt(text, false, timeZone, clock.getSnapshot());
      return at === null ? { day: '', time: '' } : wallTime(at, timeZone);
    };
    return { from: read(filter.from), to: read(filter.to) };
  });
  const [error, setError] = useState<{ end: End; text: string } | null>(null);
  const choose = (from: string | null, to: string | null): void => {
    onChange({ ...filter, from, to });
    onClose(true);
  };
  const fail = (end: End, text: string): void => {
    setError({ end, text });
    announcer.announce(text, 'timeline-range');
    document.getElementById(`${id}-${end}`)?.focus();
  };
  const boundOf = ({ day, time }: { day: string; time: string }): string | null =>
    day === '' ? null : time === '' ? day : new Date(momentOf(day, time, timeZone)).toISOString();
  const apply = (): void => {
    const undated = (['from', 'to'] as const).find(
      (end) => fields[end].time !== '' && fields[end].day === '',
    );
    if (undated !== undefined) return fail(undated, words.rangeDayMissing);
    const [from, to] = [boundOf(fields.from), boundOf(fields.to)];
    const begin = boundAt(from, false, timeZone, 0) ?? -Infinity;
    if (begin >= (boundAt(to, true, timeZone, 0) ?? Infinity)) return fail('to', words.rangeBackward);
    choose(from, to);
  };
  const input = (end: End, part: 'day' | 'time') => (
    <input
      id={part === 'day' ? `${id}-${end}` : undefined}
      aria-label={part === 'time' ? words.rangeTime(words[end]) : undefined}
      type={part === 'day' ? 'date' : 'time'}
      value={fields[end][part]}
      aria-invalid={error?.end === end || undefined}
      aria-describedby={`${id}-${error?.end === end ? 'error' : 'zone'}`}
      onChange={({ currentTarget: { value } }) => {
        setError(null);
        setFields({ ...fields, [end]: { ...fields[end], [part]: value } });
      }}
    />
  );
  return (
    <div
      ref={panelRef}
      popover="manual"
      role="dialog"
      aria-label={words.rangeLabel}
      className="fd-timeline-range"
    >
      <div className="fd-timeline-choices">
        {[null, ...PRESETS].map((preset) => (
          <button
            key={preset}
            type="button"
            className="fd-chip"
            aria-pressed={filter.from === preset && filter.to === null}
            onClick={() => choose(preset, null)}
          >
            {preset === null ? words.anyTime : boundText(preset, environment)}
          </button>
        ))}
      </div>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          apply();
        }}
      >
        {(['from', 'to'] as const).map((end) => (
          <div key={end} className="fd-timeline-field">
            <label htmlFor={`${id}-${end}`}>{words[end]}</label>
            <div>
              {input(end, 'day')}
              {input(end, 'time')}
            </div>
            {error?.end === end && (
              <p id={`${id}-error`} className="fd-timeline-error">
                <bdi>{error.text}</bdi>
              </p>
            )}
          </div>
        ))}
        <p id={`${id}-zone`}>
          <bdi>{words.rangeZone(timeZone)}</bdi>
        </p>
        <button type="submit" className="fd-button">
          {words.rangeApply}
        </button>
      </form>
    </div>
  );
}
