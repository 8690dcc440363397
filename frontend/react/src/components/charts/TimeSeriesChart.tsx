import { useId, useMemo, useState, type ComponentProps } from 'react';
import { resolveStatus } from '@fleetdeck/dto';
import { useClockValue } from '../../clock.ts';
import { toMs, useEnvironment, type EnvironmentProps, type TimeInput } from '../../environment.ts';
import { formatMetric, type MetricFormat } from '../../format/formatMetric.ts';
import { formatTime } from '../../format/formatTime.ts';
import { dateFormat, numberFormat } from '../../format/intl.ts';
import { classes } from '../classes.ts';
import { sparkSummary } from '../metrics-card/sparkline.ts';
import {
  extentOf,
  MAX_LINES,
  placed,
  thin,
  timeTicks,
  valueTicks,
  type ChartMarker,
  type ChartSeries,
  type ChartThreshold,
} from './chartModel.ts';
import { ChartTable } from './ChartTable.tsx';
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
  /** The lines; of more than 5 the first 5 are drawn, the others are in the table. Keep the same array. */
  series: readonly ChartSeries[];
  /** Levels that mean something. Keep the same array. */
  thresholds?: readonly ChartThreshold[];
  /** What happened meanwhile, as deployments. Keep the same array. */
  markers?: readonly ChartMarker[];
  /** When the values were last confirmed; what comes after is hatched once `staleAfterMs` are over. */
  asOf?: TimeInput | null;
  /** From this age on the end of the chart is hatched. */
  staleAfterMs?: number | null;
  /** Height of the drawing in px. @default 220 */
  height?: number;
}

const NO_THRESHOLDS: readonly ChartThreshold[] = [];
const NO_MARKERS: readonly ChartMarker[] = [];

/**
 * Values over time, as lines that colour, dash and name tell apart: gaps stay gaps, outdated time is hatched, and the
 * same is there in words and as a table. It moves nothing by itself and has no tab stop but its table's button.
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
    thresholds = NO_THRESHOLDS,
    markers = NO_MARKERS,
    ...more
  } = props;
  const { asOf, staleAfterMs, height = 220, ...more2 } = more;
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

  const all = useMemo(
    () =>
      series.map(({ id: seriesId, label = seriesId, points }) => ({
        id: seriesId,
        label,
        points: placed(points),
      })),
    [series],
  );
  const drawn = all.slice(0, MAX_LINES);
  const extent = useMemo(
    () =>
      extentOf(
        all.slice(0, MAX_LINES).map(({ points }) => points),
        thresholds.map(({ value }) => value),
      ),
    [all, thresholds],
  );
  const lines = useMemo(
    () =>
      all.slice(0, MAX_LINES).map((line) => ({ ...line, points: thin(line.points, Math.max(200, width)) })),
    [all, width],
  );

  const asOfMs = toMs(asOf);
  const stale = useClockValue(
    asOfMs !== null && typeof staleAfterMs === 'number' ? clock : null,
    (at) => asOfMs !== null && typeof staleAfterMs === 'number' && at - asOfMs > staleAfterMs,
    false,
  );
  const staleTo = useClockValue(stale ? clock : null, (at) => Math.floor(at / 5000) * 5000, 0);

  const write = useMemo(() => {
    const one = (value: number) => formatMetric(value, { locale, format, unit, units: messages.units });
    const withUnit = (value: number): string => {
      const { text, unit: written } = one(value);
      return written === '' ? text : `${text} ${written}`;
    };
    // Units that change with the size, as KiB and MiB, stand at each tick; one that stays stands in the title.
    const fixed = unit === '' || one(1).unit === one(1e6).unit;
    return { withUnit, tick: fixed ? (value: number) => one(value).text : withUnit, fixed };
  }, [locale, format, unit, messages.units]);
  const writeTimes = useMemo(() => {
    const span = extent === null ? 0 : extent.to - extent.from;
    const days = span > 6 * 12 * 3_600_000;
    return {
      tick: (ms: number) =>
        days
          ? dateFormat(locale, { timeZone, day: 'numeric', month: 'short' }).format(ms)
          : formatTime(ms, { locale, timeZone, hourCycle, seconds: span < 6 * 60_000 }),
      moment: (ms: number) => formatTime(ms, { locale, timeZone, hourCycle, now: days ? 0 : undefined }),
    };
  }, [extent, locale, timeZone, hourCycle]);

  // Round numbers of bytes are those of KiB and MiB.
  const binary = unit === 'By' || unit.startsWith('By/');
  const to = extent === null ? 0 : stale ? Math.max(extent.to, staleTo) : extent.to;
  const ticks = useMemo(
    () =>
      extent === null
        ? null
        : {
            time: timeTicks(extent.from, to, timeZone),
            value: valueTicks(extent.min, extent.max, binary ? 1024 : 1000),
          },
    [extent, to, timeZone, binary],
  );
  const levels = useMemo(
    () =>
      thresholds.map(({ value, label, status }) => {
        const tone = status === undefined ? null : resolveStatus(status).tone;
        return { value, label, tone };
      }),
    [thresholds],
  );
  const events = useMemo(
    () => markers.flatMap(({ at, label }) => (toMs(at) === null ? [] : [{ at: toMs(at) ?? 0, label }])),
    [markers],
  );

  const zone = timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  const summaries = drawn.map(({ id: lineId, label, points }) => {
    const summary = sparkSummary(points.map(({ at, value }) => ({ start: String(at), value })));
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
  });
  const rightToLeft = new Intl.Locale(locale).language !== '' && /^(ar|fa|he|ur)\b/.test(locale);

  return (
    <figure
      aria-labelledby={`${id}-title`}
      {...rest}
      className={classes('fd-chart', className)}
      data-stale={stale || undefined}
      data-state={extent === null ? 'empty' : 'ready'}
    >
      <figcaption>
        <span className="fd-chart-title" id={`${id}-title`}>
          {title}
          {unit !== '' && write.fixed && (
            <span className="fd-chart-unit">
              {' '}
              {formatMetric(1, { locale, unit, units: messages.units }).unit}
            </span>
          )}
        </span>
        {extent !== null && (
          <span className="fd-chart-span">
            {words.span(writeTimes.moment(extent.from), writeTimes.moment(to), zone)}
          </span>
        )}
      </figcaption>
      <div ref={box} className="fd-chart-box" style={{ blockSize: height }} aria-hidden="true">
        {extent !== null && ticks !== null && width > 0 ? (
          <RechartsFrame
            {...{ width, height, lines, to, rightToLeft }}
            from={extent.from}
            timeTicks={ticks.time}
            valueTicks={ticks.value}
            thresholds={levels}
            markers={events}
            staleFrom={stale && asOfMs !== null ? Math.min(asOfMs, extent.to) : null}
            writeTime={writeTimes.tick}
            writeMoment={writeTimes.moment}
            writeValue={write.tick}
          />
        ) : (
          extent === null && <span className="fd-chart-empty">{words.noData}</span>
        )}
      </div>
      <ul className={summaries.length > 1 ? 'fd-chart-legend' : 'fd-hidden'}>
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
      {all.length > MAX_LINES && (
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
      {table && (
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
