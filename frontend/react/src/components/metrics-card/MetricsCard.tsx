import { memo, useId, useMemo, useState, type ComponentProps, type ReactNode } from 'react';
import { resolveStatus, type GoodDirection } from '@fleetdeck/dto';
import { useEnvironment, type EnvironmentProps, type TimeInput } from '../../environment.ts';
import { formatMetric, isValue, type MetricFormat } from '../../format/formatMetric.ts';
import { formatAge, formatTime } from '../../format/formatTime.ts';
import { statusWord } from '../../messages.ts';
import type { Density } from '../../tokens.ts';
import { classes } from '../classes.ts';
import { Glyph } from '../glyph/Glyph.tsx';
import { StatusBadge } from '../status-badge/StatusBadge.tsx';
import { useControlled } from '../useControlled.ts';
import { useStaleText } from '../useStaleText.ts';
import { OpenedTrend, preloadTrend } from './OpenedTrend.tsx';
import { sparkSummary, type SparkPoint } from './sparkline.ts';
import { Sparkline } from './Sparkline.tsx';
import { reach, type MetricThreshold, type Reached } from './thresholds.ts';
import { trendOf } from './trend.ts';
import { TrendLine } from './TrendLine.tsx';
import { useRefresh } from './useRefresh.ts';
import { metricWords, type MetricMessages } from '../../messages/metric.ts';
import { openedTrendWords, type OpenedTrendMessages } from '../../messages/openedTrend.ts';

/** Props of {@link MetricsCard}. What is not named here goes to its `section`. */
export interface MetricsCardProps
  extends Omit<ComponentProps<'section'>, 'title' | 'children'>, EnvironmentProps {
  /** What is measured. */
  title: string;
  /** Level of the title in the page's outline. @default 3 */
  headingLevel?: 2 | 3 | 4 | 5 | 6;
  /** The value as it is now. 0 is a value; `null`, `undefined` and `NaN` are "no data". */
  value: number | null | undefined;
  /** Unit of the value in UCUM-like words: `ms`, `s`, `By`, `%`, `1/s`. */
  unit?: string;
  /** How the value is written. @default by the unit */
  format?: MetricFormat;
  /** The value to compare with; without one there is no trend. A baseline of 0 has a trend, but no percentage. */
  baseline?: number | null;
  /** When the baseline was, in words: "1 h" reads as "vs 1 h". */
  baselineLabel?: string;
  /** Which way is better. @default 'none' */
  goodDirection?: GoodDirection;
  /** Any status word; colours the card from degraded up. Without one the card carries no status. */
  status?: string | null;
  /** Shown instead of the status word. */
  statusLabel?: string;
  /** Why the status is what it is, one sentence. */
  reason?: string | null;
  /** Since when the status holds. */
  since?: TimeInput | null;
  /** Recent values, evenly spaced, oldest first. A new array draws anew: keep the same one when nothing changed. */
  points?: readonly SparkPoint[];
  /** When the value was measured. */
  asOf?: TimeInput | null;
  /** From this age on the card is hatched and dimmed, its status unknown, and says when it was last seen. */
  staleAfterMs?: number | null;
  /** The value may no longer be so whatever its age is, as `isStale` of `useTopic` says. @default false */
  stale?: boolean;
  /** Says to screen readers when the status becomes worse; many cards at once are one sentence. @default false */
  announce?: boolean;
  /** `loading` before the first value, `error` when it could not be read: the last value stays, marked. @default 'ready' */
  state?: 'ready' | 'loading' | 'empty' | 'error';
  /** What went wrong and what to do, in `error`. */
  errorMessage?: string;
  /**
   * Levels of the raw value, worst last; they colour the card where `status` is not given. Each holds until its
   * `recover` is passed, so that a value on the edge does not flicker. Keep the same array.
   */
  thresholds?: readonly MetricThreshold[];
  /** The card can be opened to a trend with axes, which is loaded then. Needs `points`. @default false */
  openable?: boolean;
  /** Whether the trend is open. Without it the card keeps it itself. */
  open?: boolean;
  /** Whether it is open at first, where the card keeps it itself. @default false */
  defaultOpen?: boolean;
  /** Called when the trend opens or closes. */
  onOpenChange?: (open: boolean) => void;
  /** Called every `refreshMs` while the page is visible; the next one waits for the end of the last. */
  onRefresh?: () => void | Promise<unknown>;
  /** How often `onRefresh` is called, in ms, at least 1000; `null` or 0 pauses. @default null */
  refreshMs?: number | null;
  /** A line at the foot, as a target or a link. */
  footer?: ReactNode;
  /** @default inherited from the surroundings */
  density?: Density;
}

function useSparkText(
  points: readonly SparkPoint[] | undefined,
  write: (value: number) => string,
  words: MetricMessages,
): string | null {
  return useMemo(() => {
    const summary = points ? sparkSummary(points) : null;
    if (summary === null) return null;
    const { min, max, now, course } = summary;
    return words.sparkline({
      min: write(min),
      max: write(max),
      now: now === null ? null : write(now),
      course,
    });
  }, [points, write, words]);
}

/** Drawn anew only when the status changes, and not with each value. */
const Badge = memo(StatusBadge);
const NO_THRESHOLDS: readonly MetricThreshold[] = [];

/** Why a threshold colours the card: "above 600 ms". */
function levelText(
  { threshold: { above, below }, side }: Reached,
  write: (value: number) => string,
  words: OpenedTrendMessages,
): string | undefined {
  if (side === 'above' && above !== undefined) return words.above(write(above));
  return below === undefined ? undefined : words.below(write(below));
}

function Card(props: MetricsCardProps) {
  const {
    title,
    headingLevel = 3,
    value,
    unit,
    format,
    baseline,
    baselineLabel = '',
    goodDirection = 'none',
    status: given,
    statusLabel,
    reason: because,
    since,
    points,
    asOf,
    staleAfterMs,
    stale: givenStale,
    announce,
    state = 'ready',
    errorMessage,
    footer,
    density,
    className,
    thresholds = NO_THRESHOLDS,
    openable = false,
    open: openGiven,
    defaultOpen = false,
    onOpenChange,
    onRefresh,
    refreshMs = null,
    locale,
    timeZone,
    hourCycle,
    messages: over,
    now,
    ...rest
  } = props;
  const environment = useEnvironment({ locale, timeZone, hourCycle, messages: over, now });
  const { messages, clock } = environment;
  const id = useId();
  const chartWords = openedTrendWords(messages);
  const words = metricWords(messages);
  const [open, setOpen] = useControlled(openGiven, defaultOpen, onOpenChange);
  useRefresh(onRefresh, refreshMs ?? 0);

  const staleText = useStaleText({ asOf, staleAfterMs, stale: givenStale }, clock, (asOfMs, at) =>
    asOfMs === null
      ? isValue(value)
        ? words.lastKnown
        : words.neverSeen
      : words.lastSeen(
          formatTime(asOfMs, { ...environment, now: at }),
          formatAge(at - asOfMs, environment.locale),
        ),
  );

  const write = useMemo(
    () => (each: number) =>
      formatMetric(each, { locale: environment.locale, format, unit, units: words.units }),
    [environment.locale, format, unit, words.units],
  );
  const writeWhole = useMemo(
    () => (each: number) => {
      const { text, unit: own } = write(each);
      return own === '' ? text : `${text} ${own}`;
    },
    [write],
  );
  const sparkText = useSparkText(points, writeWhole, words);

  // Which threshold holds depends on which held before: remembered while rendering, since it is drawn now.
  const [held, setHeld] = useState<Reached | null>(null);
  const reached = isValue(value) ? reach(thresholds, value, held) : null;
  if (isValue(value) && (reached?.index !== held?.index || reached?.side !== held?.side)) setHeld(reached);
  const byLevel = given === undefined && thresholds.length > 0;
  const status = byLevel ? (reached?.threshold.status ?? 'healthy') : given;
  const reason = because ?? (byLevel && reached ? levelText(reached, writeWhole, chartWords) : because);

  const hasValue = isValue(value) && state !== 'empty';
  const shown = hasValue ? (state === 'error' ? 'error' : 'ready') : state === 'ready' ? 'empty' : state;
  const stale = staleText !== null;
  const told = resolveStatus(status);
  const hasStatus = status !== null && status !== undefined;
  // No news is no reason to be calm: without a fresh value it is unknown, unless its status says worse.
  const unread = shown === 'empty' || shown === 'error';
  const lost = stale || (unread && (!hasStatus || told.tone === 'healthy'));
  const tone = lost ? 'unknown' : hasStatus ? told.tone : undefined;
  // To be seen; screen readers have it from the badge.
  const why = hasStatus && !stale && shown !== 'loading' && Boolean(reason);
  const written = hasValue ? write(value) : null;
  const Heading = `h${headingLevel}` as const;

  return (
    <section
      role="group"
      aria-labelledby={`${id}-title`}
      aria-busy={shown === 'loading' || undefined}
      {...rest}
      className={classes('fd-metric', className)}
      data-state={shown}
      data-tone={tone}
      data-stale={stale || undefined}
      data-density={density}
    >
      <div className="fd-metric-head">
        <Heading id={`${id}-title`} className="fd-metric-title" title={title}>
          {title}
        </Heading>
        {hasStatus && shown !== 'loading' && (
          <Badge
            status={lost ? 'unknown' : status}
            label={lost ? undefined : statusLabel}
            reason={
              stale
                ? messages.wasStatus(
                    statusLabel ?? statusWord(status, messages, environment.locale),
                    staleText,
                  )
                : reason
            }
            since={lost ? null : since}
            announce={announce && title}
            {...{ locale, timeZone, hourCycle, messages: over, now }}
          />
        )}
      </div>

      {shown === 'loading' ? (
        <>
          <p className="fd-metric-value">
            <span className="fd-hidden">{words.loading}</span>
            <span className="fd-skeleton fd-skeleton-value" aria-hidden="true" />
          </p>
          <span className="fd-skeleton fd-skeleton-spark" aria-hidden="true" />
        </>
      ) : (
        <>
          <p className="fd-metric-value">
            {written === null ? (
              <span className="fd-metric-number" aria-hidden="true">
                {words.noValue}
              </span>
            ) : (
              <>
                <span className="fd-metric-number">{written.text}</span>
                {written.unit !== '' && (
                  <span className="fd-metric-unit">
                    {' '}
                    <bdi>{written.unit}</bdi>
                  </span>
                )}
              </>
            )}
          </p>
          {shown === 'empty' && <p className="fd-metric-trend">{words.noData}</p>}
          {shown === 'error' && (
            <p className="fd-metric-error">
              <Glyph shape="degraded" />
              <span>
                {[hasValue && words.lastKnown, errorMessage ?? words.failed].filter(Boolean).join(' ')}
              </span>
            </p>
          )}
          {shown === 'ready' && isValue(baseline) && hasValue && (
            <TrendLine
              trend={trendOf(value, baseline, goodDirection)}
              period={baselineLabel}
              messages={words}
              locale={environment.locale}
            />
          )}
          {points && (
            <div className="fd-metric-spark">
              <Sparkline points={points} />
              {sparkText !== null && <p className="fd-hidden">{sparkText}</p>}
            </div>
          )}
        </>
      )}
      {(stale || why || footer !== undefined || (openable && points)) && (
        <div className="fd-metric-foot">
          {stale && <p className="fd-metric-seen">{staleText}</p>}
          {why && <p aria-hidden="true">{reason}</p>}
          {footer}
          {openable && points && (
            <button
              type="button"
              className="fd-metric-open"
              aria-expanded={open}
              aria-controls={open ? `${id}-trend` : undefined}
              aria-label={chartWords.trend(title)}
              onPointerEnter={preloadTrend}
              onFocus={preloadTrend}
              onClick={() => setOpen(!open)}
            >
              <svg viewBox="0 0 16 16" className="fd-icon" aria-hidden="true" focusable="false">
                <path d="M2.5 2.5v11h11M5 10l2.5-3 2.5 1.5 3-4.5" />
              </svg>
            </button>
          )}
        </div>
      )}
      {openable && open && points && (
        <div id={`${id}-trend`} className="fd-metric-more">
          <OpenedTrend
            {...{ title, unit, format, points, thresholds, asOf, staleAfterMs }}
            stale={stale || shown === 'error'}
            {...{ locale, timeZone, hourCycle, messages: over, now }}
            words={chartWords}
            write={writeWhole}
          />
        </div>
      )}
    </section>
  );
}

/**
 * One measured value: what it is, how it changed, how it ran lately, and whether it can be trusted. It announces
 * nothing by itself, has no tab stop but the button that opens its trend, and is drawn again only when its props change or it grows stale.
 *
 * @example
 * <MetricsCard title="p95 latency" value={842} unit="ms" baseline={597} baselineLabel="1 h" goodDirection="down"
 *   status="degraded" points={series.points} asOf={series.asOf} staleAfterMs={5000} />
 */
export const MetricsCard = memo(Card);
MetricsCard.displayName = 'MetricsCard';
