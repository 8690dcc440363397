import { Fragment, type ComponentProps } from 'react';
import { resolveStatus, severityOf, worstTone, type StatusTone } from '@fleetdeck/dto';
import { useEnvironment, type EnvironmentProps, type TimeInput } from '../../environment.ts';
import { formatAgo } from '../../format/formatTime.ts';
import { listFormat, numberFormat } from '../../format/intl.ts';
import { summaryWords } from '../../messages/summary.ts';
import { classes } from '../classes.ts';
import { Glyph } from '../glyph/Glyph.tsx';
import { useStaleText } from '../useStaleText.ts';

/** Props of {@link StatusSummary}. What is not named here goes to its `span`. */
export interface StatusSummaryProps
  extends Omit<ComponentProps<'span'>, 'children'>, Omit<EnvironmentProps, 'timeZone' | 'hourCycle'> {
  /** The status word of each thing that is counted. */
  statuses: readonly (string | null | undefined)[];
  /** When the statuses were last confirmed. Goes with `staleAfterMs`. */
  asOf?: TimeInput | null;
  /** From this age on the counts are hatched, and told as last known. */
  staleAfterMs?: number | null;
  /** They may no longer be so whatever their age is, as `isStale` of `useTopic` says. @default false */
  stale?: boolean;
  /** Height of the shapes: 12, 16 or 20 px. @default 'md' */
  size?: 'sm' | 'md' | 'lg';
}

const TONES: readonly StatusTone[] = (
  ['healthy', 'progress', 'unknown', 'degraded', 'critical'] as const
).toSorted((a, b) => severityOf(b) - severityOf(a));

/**
 * How many are how bad, worst first: "2 critical, 3 degraded, 41 healthy". What is in progress is counted apart,
 * as no alarm.
 *
 * @example
 * <StatusSummary statuses={agents.map((agent) => agent.status)} />
 */
export function StatusSummary({
  statuses,
  size = 'md',
  className,
  locale,
  messages: over,
  now,
  asOf,
  staleAfterMs,
  stale: givenStale,
  ...rest
}: StatusSummaryProps) {
  const environment = useEnvironment({ locale, messages: over, now });
  const messages = summaryWords(environment.messages);
  const staleText = useStaleText({ asOf, staleAfterMs, stale: givenStale }, environment.clock, (asOfMs, at) =>
    messages.countsLastKnown(asOfMs === null ? '' : formatAgo(at - asOfMs, environment.locale)),
  );
  const stale = staleText !== null;
  const counts = new Map<StatusTone, number>();
  for (const status of statuses) {
    const { tone } = resolveStatus(status);
    counts.set(tone, (counts.get(tone) ?? 0) + 1);
  }
  const present = TONES.filter((tone) => counts.has(tone));
  const texts = present.map((tone) =>
    messages.statusCount[tone](numberFormat(environment.locale, {}).format(counts.get(tone) ?? 0)),
  );
  const parts = listFormat(environment.locale, { type: 'unit', style: 'short' }).formatToParts(texts);
  // What stands between two counts comes from the locale, so each count is found again by its order.
  const elements = parts.flatMap((part, index) => (part.type === 'element' ? [index] : []));

  return (
    <span
      {...rest}
      className={classes('fd-summary', className)}
      data-tone={stale ? 'unknown' : worstTone(present)}
      data-stale={stale || undefined}
      data-size={size}
      data-empty={present.length === 0 || undefined}
    >
      {present.length === 0 && messages.noStatuses}
      {parts.map((part, index) => {
        const tone = present[elements.indexOf(index)];
        if (part.type !== 'element' || tone === undefined)
          return <Fragment key={index}>{part.value}</Fragment>;
        return (
          <span key={tone} className="fd-summary-count" data-tone={stale ? 'unknown' : tone}>
            <Glyph shape={tone} />
            {part.value}
          </span>
        );
      })}
      {stale && `, ${staleText}`}
    </span>
  );
}
