import { useMemo } from 'react';
import { Link, useLocation, useSearch } from 'wouter';
import type { HttpClient } from '@fleetdeck/client';
import type { MetricDescriptor, MetricResult } from '@fleetdeck/dto';
import { lazyPart, useLazyPart, useMetrics } from '@fleetdeck/react';
import { ListProblem } from '../alerts/ListProblem.tsx';
import {
  choicesOf,
  labelTexts,
  RANGES,
  readView,
  unitOfShown,
  withChoice,
  withoutLabels,
} from './metric-view.ts';
import { linesOf } from './metric-lines.ts';
import { useMetricHistory } from './useMetricHistory.ts';
import { useMetricNames } from './useMetricNames.ts';

/** Only pages that draw a chart load it. */
const chartPart = lazyPart(() => import('@fleetdeck/react/charts').then((part) => part.TimeSeriesChart));

interface MetricPageProps {
  http: HttpClient;
  name: string;
}

/** The past of one metric: over which span, what of it, and by which label, all in the address. */
export function MetricPage({ http, name }: MetricPageProps) {
  const { metrics, error, reload } = useMetricNames(http);
  const metric = metrics?.find((each) => each.name === name);
  return (
    <>
      <div className="page-title">
        <h1 className="metric-name">{name}</h1>
        <p className="quiet metrics-count">
          <Link href="/metric">All metrics</Link>
        </p>
      </div>
      {metric === undefined && metrics === null && error === null && <p className="quiet">Loading…</p>}
      {metric === undefined && (
        <ListProblem what="metrics" error={error} known={metrics !== null} onRetry={reload} />
      )}
      {metric === undefined && metrics !== null && (
        <p>There is no metric of this name: nobody has reported a value, or all of them are too old.</p>
      )}
      {metric !== undefined && <Past key={name} http={http} metric={metric} />}
    </>
  );
}

function Past({ http, metric }: { http: HttpClient; metric: MetricDescriptor }) {
  const { name, kind, unit, help, expectedEveryMs } = metric;
  const search = useSearch();
  const [, go] = useLocation();
  const view = useMemo(() => readView(kind, search), [kind, search]);
  const { range, show, by, labels } = view;
  const { results, error, staleAfterMs, reload } = useMetricHistory(http, name, view);
  const { part: Chart } = useLazyPart(chartPart);
  const series = useMemo(() => (results === null ? [] : linesOf(results, show, by)), [results, show, by]);
  const choose = (what: 'range' | 'show' | 'by', value: string | null): void =>
    go(`/metric/${name}${withChoice(search, what, value)}`, { replace: true });
  const only = labelTexts(labels);
  const state = error !== null ? 'error' : results === null ? 'loading' : 'ready';
  return (
    <section className="panel metric-past" aria-label={`Past of ${name}`}>
      {help !== '' && <p>{help}</p>}
      <div className="metric-choices">
        <fieldset className="segments">
          <legend className="unseen">Time span</legend>
          {RANGES.map(({ id, words }) => (
            <label key={id}>
              <input
                type="radio"
                name="range"
                checked={range.id === id}
                onChange={() => choose('range', id === RANGES[0].id ? null : id)}
              />
              <span>{words}</span>
            </label>
          ))}
        </fieldset>
        <label>
          <span>Show</span>
          <select value={show.id} onChange={({ target }) => choose('show', target.value)}>
            {choicesOf(kind, by).map(({ id, words }) => (
              <option key={id} value={id}>
                {words}
              </option>
            ))}
          </select>
        </label>
        <LabelChoice metric={metric} by={by} onChoose={(label) => choose('by', label)} />
      </div>
      {only.length > 0 && (
        <p className="metric-only">
          Only {only.map((text) => text.replace(':', ' ')).join(', ')}{' '}
          <button
            type="button"
            className="link-button"
            onClick={() => go(`/metric/${name}${withoutLabels(search)}`, { replace: true })}
          >
            Show all series
          </button>
        </p>
      )}
      {Chart ? (
        <Chart
          title={`${name}, ${by === null ? show.words : `${show.words} by ${by}`}`}
          unit={unitOfShown(unit, show)}
          series={series}
          other={by !== null && kind === 'counter' ? 'sum' : undefined}
          asOf={results?.[0]?.asOf}
          staleAfterMs={staleAfterMs}
          state={state}
          errorMessage={error === null ? undefined : `The past could not be read: ${error.message}`}
          onRetry={reload}
          height={320}
        />
      ) : (
        <p className="quiet metric-waiting">
          {Chart === null ? 'The chart could not be loaded; it is tried again.' : 'Loading…'}
        </p>
      )}
      {results !== null && expectedEveryMs !== null && <Coverage results={results} />}
      {results !== null && <LowerBounds results={results} />}
      <p className="quiet">
        Each point is{' '}
        {range.window === '1m' ? 'a minute' : range.window === '5m' ? 'five minutes' : 'an hour'}, up to the
        last one that is over.
      </p>
    </section>
  );
}

/** The labels by which the series can be told apart: the declared ones, and those that series carry. */
function LabelChoice(props: {
  metric: MetricDescriptor;
  by: string | null;
  onChoose: (by: string | null) => void;
}) {
  const { metric, by, onChoose } = props;
  const { series } = useMetrics([metric.name]);
  const names = new Set([...metric.labels, ...series.flatMap(({ labels }) => Object.keys(labels))]);
  if (by !== null) names.add(by);
  if (names.size === 0) return null;
  return (
    <label>
      <span>By</span>
      <select value={by ?? ''} onChange={({ target }) => onChoose(target.value === '' ? null : target.value)}>
        <option value="">all together</option>
        {[...names].toSorted().map((label) => (
          <option key={label}>{label}</option>
        ))}
      </select>
    </label>
  );
}

/** So much may be missing without a word: a point or two at the edges. */
const WHOLE = 0.995;

function Coverage({ results }: { results: readonly MetricResult[] }) {
  const parts = results.flatMap(({ points }) => points.flatMap(({ coverage }) => coverage ?? []));
  if (parts.length === 0) return null;
  const coverage = parts.reduce((sum, each) => sum + Math.min(1, each), 0) / parts.length;
  if (coverage >= WHOLE) return null;
  return (
    <p className="quiet">
      {coverage < 0.01 ? 'Less than 1' : Math.floor(coverage * 100)} % of the values that were due in this
      span are there; where none is, the line has a gap.
    </p>
  );
}

function LowerBounds({ results }: { results: readonly MetricResult[] }) {
  const starts = results.flatMap(({ points }) =>
    points.flatMap((each) => (each.lowerBound ? each.start : [])),
  );
  const count = new Set(starts).size;
  if (count === 0) return null;
  return (
    <p className="quiet">
      At {count} {count === 1 ? 'point' : 'points'} a count began anew, as it does after a restart. What was
      counted just before that is not known: the true rate there is the one drawn, or higher.
    </p>
  );
}
