import { useId, useRef, useState } from 'react';
import type { Environment } from '../../environment.ts';
import { numberFormat } from '../../format/intl.ts';
import { statusWord } from '../../messages.ts';
import {
  noFilter,
  isBound,
  isFiltering,
  joinOptions,
  type TimelineFilter,
  type TimelineOption,
} from './filter.ts';
import { lazyPart, useLazyPart } from '../lazyPart.ts';
import { timelineWords } from '../../messages/timeline.ts';

const rangePart = lazyPart(() => import('./RangePanel.tsx'));

/** Props of {@link TimelineFilters}. */
export interface TimelineFiltersProps {
  filter: TimelineFilter;
  onChange: (filter: TimelineFilter) => void;
  types: OptionSources;
  statuses: OptionSources;
  /** A service filters, so that the entries are only those that it let through. */
  serverFilter: boolean;
  typeLabel: (type: string) => string;
  /** How many entries are shown, in words. */
  shown: string;
  /** Names what is filtered: another one has options of its own. */
  source: string | undefined;
  environment: Environment;
}

/** Where the options of a filter come from. */
export interface OptionSources {
  /** By the caller. */
  given: readonly TimelineOption[];
  /** By the service that filters: then these are all. */
  told: readonly TimelineOption[] | undefined;
  /** From the entries that were loaded. */
  counted: readonly TimelineOption[];
}

const MOST_OPTIONS = 200;

function Choices({
  legend,
  options,
  chosen,
  onChange,
  write,
  locale,
}: {
  legend: string;
  options: readonly TimelineOption[];
  chosen: readonly string[];
  onChange: (chosen: readonly string[]) => void;
  write: (value: string) => string;
  locale: string;
}) {
  const id = useId();
  if (options.length < 2 && chosen.length === 0) return null;
  return (
    <div role="group" aria-labelledby={id} className="fd-timeline-choices">
      <span id={id}>{legend}</span>
      {options.map(({ value, label = write(value), count }) => {
        const pressed = chosen.includes(value);
        return (
          <button
            key={value}
            type="button"
            className="fd-chip"
            aria-pressed={pressed}
            onClick={() => onChange(pressed ? chosen.filter((each) => each !== value) : [...chosen, value])}
          >
            <bdi>{label}</bdi>{' '}
            {count !== undefined && (
              <span className="fd-chip-count">{numberFormat(locale, {}).format(count)}</span>
            )}
          </button>
        );
      })}
    </div>
  );
}

/** Options that were there so far too: what a service filtered holds only those that are chosen. */
function useSeen(options: readonly TimelineOption[], source: string | undefined): readonly TimelineOption[] {
  const [seen, setSeen] = useState({ source, options });
  const before = seen.source === source ? seen.options : [];
  const gone = before.filter(({ value }) => !options.some((option) => option.value === value));
  const all = [...options, ...gone.map(({ value }) => ({ value }))].slice(0, MOST_OPTIONS);
  if (seen.source !== source || all.length > before.length) setSeen({ source, options: all });
  return all.toSorted((a, b) => (a.value < b.value ? -1 : 1));
}

function useOptions(
  { given, told, counted }: OptionSources,
  chosen: readonly string[],
  { serverFilter, source }: TimelineFiltersProps,
): readonly TimelineOption[] {
  const seen = useSeen(counted, source);
  // What is chosen can be left, though the service names it no more.
  const left = chosen.map((value) => ({ value, count: 0 }));
  return joinOptions(given, joinOptions(told ?? (serverFilter ? seen : counted), left));
}

/** The filters of a `Timeline`, each option with the number of entries that it would show. */
export function TimelineFilters(props: TimelineFiltersProps) {
  const { filter, onChange, shown, environment } = props;
  const types = useOptions(props.types, filter.types, props);
  const statuses = useOptions(props.statuses, filter.statuses, props);
  const { messages, locale } = environment;
  const words = timelineWords(messages);
  const id = useId();
  const [choosing, setChoosing] = useState(false);
  const rangeRef = useRef<HTMLButtonElement>(null);
  const ranged = isBound(filter.from) || isBound(filter.to);
  const { part: range } = useLazyPart(rangePart, choosing || ranged);
  return (
    <div role="group" aria-label={words.search} className="fd-timeline-filters">
      <label className="fd-timeline-field" htmlFor={`${id}-text`}>
        <span>{words.search}</span>
        <input
          id={`${id}-text`}
          type="search"
          value={filter.text}
          autoComplete="off"
          onChange={({ currentTarget }) => onChange({ ...filter, text: currentTarget.value })}
        />
      </label>
      <button
        ref={rangeRef}
        type="button"
        className="fd-button"
        aria-haspopup="dialog"
        aria-expanded={choosing}
        onClick={() => setChoosing(!choosing)}
      >
        <bdi>
          {!ranged
            ? words.anyTime
            : range
              ? range.rangeText(filter, environment)
              : `${filter.from ?? ''} – ${filter.to ?? ''}`}
        </bdi>
      </button>
      {choosing && range && (
        <range.RangePanel
          {...{ filter, onChange, environment }}
          anchorRef={rangeRef}
          onClose={(held) => {
            if (held) rangeRef.current?.focus();
            setChoosing(false);
          }}
        />
      )}
      <Choices
        {...{ locale }}
        legend={words.type}
        options={types}
        chosen={filter.types}
        onChange={(chosen) => onChange({ ...filter, types: chosen })}
        write={props.typeLabel}
      />
      <Choices
        {...{ locale }}
        legend={words.status}
        options={statuses}
        chosen={filter.statuses}
        onChange={(chosen) => onChange({ ...filter, statuses: chosen })}
        write={(value) => statusWord(value, messages, locale)}
      />
      {isFiltering(filter) && (
        <p className="fd-timeline-shown">
          <bdi>{shown}</bdi>{' '}
          <button type="button" className="fd-button" onClick={() => onChange(noFilter)}>
            {words.clear}
          </button>
        </p>
      )}
    </div>
  );
}
