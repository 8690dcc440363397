import { useId, useMemo, useState, type ComponentProps } from 'react';
import { resolveStatus } from '@fleetdeck/dto';
import { useClockValue } from '../../clock.ts';
import { toMs, useEnvironment, type EnvironmentProps, type TimeInput } from '../../environment.ts';
import { isolate, isRightToLeft } from '../../format/direction.ts';
import { formatMetric, type MetricFormat } from '../../format/formatMetric.ts';
import { formatAge, formatTime } from '../../format/formatTime.ts';
import { dateFormat, listFormat, numberFormat } from '../../format/intl.ts';
import { classes } from '../classes.ts';
import { sparkSummary } from '../metrics-card/sparkline.ts';
import { useStaleText } from '../useStaleText.ts';
import {
  extentOf,
  foldOthers,
  isCrossed,
  MAX_LINES,
  placed,
  thin,
  timeTicks,
  valueTicks,
  type ChartMarker,
  type ChartSeries,
  type ChartThreshold,
  type OtherSeries,
} from './chartModel.ts';
import { ChartCrosshair } from './ChartCrosshair.tsx';
import { ChartLabels } from './ChartLabels.tsx';
import { ChartNotice } from './ChartNotice.tsx';
import { ChartTable } from './ChartTable.tsx';
import { createCrosshair, pageCrosshair } from './crosshair.ts';
import { endWidth, plotOf } from './plot.ts';
import { RechartsFrame } from './RechartsFrame.tsx';
import { useWidth } from './useWidth.ts';
import { chartsWords } from '../../messages/charts.ts';
import { metricWords } from '../../messages/metric.ts';

/** Props of {@link TimeSeriesChart}. What is not named here goes to its `figure`. */
export interface TimeSeriesChartProps
  extends Omit<ComponentProps<'figure'>, 'title' | 'children'>, EnvironmentProps {
  /** What is measured. */
  title: string;
  /** Unit of the values in UCUM-like words: `ms`, `s`, `By`, `%`, `1/s`. */
  unit?: string;
  /** How values are written. @default by the unit */
  format?: MetricFormat;
  /** The lines; of more than 5 the first 5 are drawn, the table has all. Keep the same array. */
  series: readonly ChartSeries[];
  /** Of more than 5 lines draws the first 4 and one for all others, their sum or their mean. @default neither */
  other?: OtherSeries;
  /**
   * What the pointer and the arrow keys read: `shared` reads all charts of the page at one moment, `own` this one, and
   * with `none` the chart is no tab stop. @default 'shared'
   */
  crosshair?: 'shared' | 'own' | 'none';
  /** Levels that mean something. Keep the same array. */
  thresholds?: readonly ChartThreshold[];
  /** What happened meanwhile, as deployments. Keep the same array. */
  markers?: readonly ChartMarker[];
  /** When the values were last confirmed; what comes after is hatched once `staleAfterMs` are over. */
  asOf?: TimeInput | null;
  /** From this age on the end of the chart is hatched. */
  staleAfterMs?: number | null;
  /** The values may no longer be so whatever their age is, as `isStale` of `useTopic` says. @default false */
  stale?: boolean;
  /**
   * `loading` before the first values, `error` when they could not be read: those that are there stay, marked. Without
   * a value `ready` is `empty`. @default 'ready'
   */
  state?: 'ready' | 'loading' | 'empty' | 'error';
  /** What went wrong and what to do, in `error`. */
  errorMessage?: string;
  /** Tries again after an error: gives a button, which rests while `state` is `loading`. */
  onRetry?: () => void;
  /** Height of the drawing in px. @default 220 */
  height?: number;
}

const NO_THRESHOLDS: readonly ChartThreshold[] = [];
const NO_MARKERS: readonly ChartMarker[] = [];

/**
 * Values over time, as lines that colour, dash and name tell apart: gaps stay gaps, outdated time is hatched, and the
 * same is there in words and as a table. It moves nothing by itself. It is one tab stop, where the arrow keys read it
 * moment by moment, together with the other charts of the page.
 *
 * @example
 * <TimeSeriesChart title="Latency" unit="ms" series={[{ id: 'p95', points }]}
 *   thresholds={[{ value: 600, label: 'target 600 ms', status: 'degraded' }]} />
 */
export function TimeSeriesChart(props: TimeSeriesChartProps) {
  const {
    title,
    unit = '',
    format,
    series,
    other,
    thresholds = NO_THRESHOLDS,
    markers = NO_MARKERS,
    ...more
  } = props;
  const { asOf, staleAfterMs, stale: givenStale = false, height = 220, ...withCrosshair } = more;
  const { crosshair = 'shared', state = 'ready', errorMessage, onRetry, ...more2 } = withCrosshair;
  const {
    locale: givenLocale,
    timeZone: givenZone,
    hourCycle: givenCycle,
    messages: over,
    now,
    ...more3
  } = more2;
  const { className, ...rest } = more3;
  const environment = useEnvironment({
    ...{ locale: givenLocale, timeZone: givenZone, hourCycle: givenCycle, messages: over, now },
  });
  const { clock, locale, timeZone, hourCycle } = environment;
  const words = chartsWords(environment.messages);
  const messages = metricWords(environment.messages);
  const id = useId();
  const [box, width] = useWidth();
  const [table, setTable] = useState(false);
  const [retried, setRetried] = useState(false);
  const retrying = retried && state === 'loading';
  if (retried && !retrying && state !== 'error') setRetried(false);

  const all = useMemo(
    () =>
      series.map(({ id: seriesId, label = seriesId, points }) => ({
        id: seriesId,
        label,
        points: placed(points),
      })),
    [series],
  );
  const drawn = useMemo(
    () => foldOthers(all, other, (count) => words.others(numberFormat(locale, {}).format(count))),
    [all, other, words, locale],
  );
  const range = useMemo(
    () =>
      extentOf(
        drawn.map(({ points }) => points),
        thresholds.map(({ value }) => value),
      ),
    [drawn, thresholds],
  );
  const extent = state === 'empty' ? null : range;
  const shown = extent === null ? (state === 'ready' ? 'empty' : state) : state === 'error' ? state : 'ready';
  const lines = useMemo(
    () => drawn.map((line) => ({ ...line, points: thin(line.points, Math.max(200, width)) })),
    [drawn, width],
  );

  const asOfMs = toMs(asOf);
  const staleText = useStaleText({ asOf, staleAfterMs, stale: givenStale }, clock, (since, at) =>
    since === null
      ? extent === null
        ? messages.neverSeen
        : messages.lastKnown
      : messages.lastSeen(formatTime(since, { ...environment, now: at }), formatAge(at - since, locale)),
  );
  const stale = staleText !== null;
  // Nobody confirmed what came after the last value.
  const unconfirmed = stale || shown === 'error' || retrying;
  const staleTo = useClockValue(unconfirmed ? clock : null, (at) => Math.floor(at / 5000) * 5000, 0);

  const write = useMemo(() => {
    const one = (value: number) => formatMetric(value, { locale, format, unit, units: messages.units });
    const withUnit = (value: number): string => {
      const { text, unit: written } = one(value);
      return written === '' ? text : `${text} ${written}`;
    };
    // Units that change with the size, as KiB and MiB, stand at each tick; one that stays stands in the title.
    const smallUnit = one(1).unit;
    const fixed = smallUnit === one(1e6).unit;
    return {
      withUnit,
      tick: fixed ? (value: number) => one(value).text : withUnit,
      titleUnit: fixed ? smallUnit : '',
    };
  }, [locale, format, unit, messages.units]);
  const writeTimes = useMemo(() => {
    const span = extent === null ? 0 : extent.to - extent.from;
    const days = span > 6 * 12 * 3_600_000;
    return {
      tick: (ms: number) =>
        days
          ? dateFormat(locale, { timeZone, day: 'numeric', month: 'short' }).format(ms)
          : formatTime(ms, { locale, timeZone, hourCycle, seconds: span < 6 * 60_000 }),
      // With its date once the chart reaches over midnight, at both ends.
      moment: (ms: number) =>
        [extent?.from, extent?.to]
          .map((now) => formatTime(ms, { locale, timeZone, hourCycle, now }))
          .reduce((one, other) => (other.length > one.length ? other : one)),
    };
  }, [extent, locale, timeZone, hourCycle]);

  const binary = format === undefined ? unit === 'By' || unit.startsWith('By/') : format === 'bytes';
  const to = extent === null ? 0 : unconfirmed ? Math.max(extent.to, staleTo) : extent.to;
  const ticks = useMemo(
    () =>
      extent === null
        ? null
        : {
            time: timeTicks(extent.from, to, timeZone),
            value: valueTicks(
              extent.min,
              extent.max,
              binary ? 1024 : 1000,
              thresholds.map(({ value }) => value),
            ),
          },
    [extent, to, timeZone, binary, thresholds],
  );
  const levels = useMemo(
    () =>
      thresholds.map((threshold) => {
        const { value, label, status } = threshold;
        const told = status !== undefined && isCrossed(threshold, drawn);
        return { value, label, tone: told ? resolveStatus(status).tone : null };
      }),
    [thresholds, drawn],
  );
  const events = useMemo(
    () => markers.flatMap(({ at, label }) => (toMs(at) === null ? [] : [{ at: toMs(at) ?? 0, label }])),
    [markers],
  );

  const zone = timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  const summaries = useMemo(
    () =>
      drawn.map(({ id: lineId, label, points }) => {
        const summary = sparkSummary(points);
        const course =
          summary === null
            ? words.noData
            : messages.sparkline({
                min: write.withUnit(summary.min),
                max: write.withUnit(summary.max),
                now: summary.now === null ? null : write.withUnit(summary.now),
                course: summary.course,
              });
        return { id: lineId, label, text: words.series(label, course) };
      }),
    [drawn, messages, words, write],
  );
  const [own] = useState(createCrosshair);
  const writeReading = (moment: string, values: readonly string[]): string =>
    words.reading(moment, listFormat(locale, { type: 'unit', style: 'short' }).format(values));
  const rightToLeft = isRightToLeft(locale);

  const end = endWidth(
    drawn.map(({ label }) => label),
    width,
  );
  const plot =
    extent === null || ticks === null || width === 0
      ? null
      : plotOf({
          ...{ width, height, to, end, rightToLeft },
          from: extent.from,
          bottom: ticks.value[0] ?? 0,
          top: ticks.value.at(-1) ?? 1,
        });

  const problem =
    shown === 'error'
      ? [extent !== null && !stale && messages.lastKnown, errorMessage ?? words.error]
          .filter(Boolean)
          .join(' ')
      : null;

  return (
    <figure
      tabIndex={onRetry && -1}
      aria-busy={shown === 'loading' || undefined}
      aria-labelledby={`${id}-title`}
      {...rest}
      className={classes('fd-chart', className)}
      data-stale={stale || undefined}
      data-state={shown}
    >
      <figcaption>
        <span className="fd-chart-title" id={`${id}-title`}>
          {title}
          {write.titleUnit !== '' && <span className="fd-chart-unit"> {write.titleUnit}</span>}
        </span>
        {extent !== null && (
          <span className="fd-chart-span">
            {words.span(
              isolate(writeTimes.moment(extent.from), locale),
              isolate(writeTimes.moment(to), locale),
              isolate(zone, locale),
            )}
          </span>
        )}
      </figcaption>
      {stale && shown !== 'loading' && <p className="fd-chart-note">{staleText}</p>}
      {(problem !== null || retrying) && (
        <ChartNotice
          {...{ problem, words }}
          onRetry={
            onRetry &&
            (() => {
              setRetried(true);
              onRetry();
            })
          }
        />
      )}
      <div ref={box} className="fd-chart-box" style={{ blockSize: height }}>
        {extent !== null && ticks !== null && plot !== null ? (
          <>
            <div aria-hidden="true">
              <RechartsFrame
                {...{ width, height, lines, to, end, rightToLeft }}
                from={extent.from}
                timeTicks={ticks.time}
                valueTicks={ticks.value}
                thresholds={levels}
                staleFrom={unconfirmed ? Math.min(asOfMs ?? extent.to, extent.to) : null}
                writeTime={writeTimes.tick}
                writeValue={write.tick}
              />
              <ChartLabels {...{ lines, plot, end, rightToLeft }} markers={events} />
            </div>
            {crosshair !== 'none' && (
              <ChartCrosshair
                {...{ plot, rightToLeft, writeReading }}
                crosshair={crosshair === 'shared' ? pageCrosshair : own}
                name={words.values(title)}
                lines={drawn}
                writeMoment={writeTimes.moment}
                writeValue={(value) => (value === null ? words.gap : write.withUnit(value))}
              />
            )}
          </>
        ) : (
          extent === null && (
            <span className="fd-chart-empty">
              {shown === 'loading' && <span className="fd-hidden">{words.loading}</span>}
              {shown === 'empty' && words.noData}
            </span>
          )
        )}
      </div>
      {extent !== null && (
        <ul className={summaries.length > 1 && end === 0 ? 'fd-chart-legend' : 'fd-hidden'}>
          {summaries.map(({ id: lineId, label, text }, index) => (
            <li key={lineId}>
              <svg viewBox="0 0 28 4" aria-hidden="true" focusable="false" data-line={index + 1}>
                <path d="M0 2h28" />
              </svg>
              <span aria-hidden="true">{label}</span>
              <span className="fd-hidden">{text}</span>
            </li>
          ))}
        </ul>
      )}
      {events.length + levels.length > 0 && extent !== null && (
        <ul className="fd-hidden">
          {events.map(({ at, label }) => (
            <li key={`${label} ${at}`}>{words.reading(writeTimes.moment(at), label)}</li>
          ))}
          {levels.map(({ value, label }) => (
            <li key={`${label} ${value}`}>{label}</li>
          ))}
        </ul>
      )}
      {all.length > MAX_LINES && other === undefined && extent !== null && (
        <p className="fd-chart-note">
          {words.notDrawn(numberFormat(locale, {}).format(all.length - MAX_LINES))}
        </p>
      )}
      {extent !== null && (
        <button
          type="button"
          className="fd-chart-toggle"
          aria-expanded={table}
          aria-controls={table ? `${id}-table` : undefined}
          onClick={() => setTable(!table)}
        >
          {table ? words.hideTable : words.showTable}
        </button>
      )}
      {table && extent !== null && (
        <ChartTable
          id={`${id}-table`}
          titleId={`${id}-title`}
          lines={all}
          environment={environment}
          writeTime={writeTimes.moment}
          writeValue={write.withUnit}
        />
      )}
    </figure>
  );
}
