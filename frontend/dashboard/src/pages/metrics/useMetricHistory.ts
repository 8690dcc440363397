import { useCallback, useEffect, useRef, useState } from 'react';
import type { HttpClient } from '@fleetdeck/client';
import { METRIC_WINDOW_MS, type MetricQueryAnswer, type MetricResult } from '@fleetdeck/dto';
import { usePageClock } from '@fleetdeck/react';
import { FAILED_REFRESH_MS, useRefresh } from '../useRefresh.ts';
import { labelTexts, type MetricView } from './metric-view.ts';

/** Late values change what is over, so it is read anew this often. */
const REFRESH_MS = 60_000;

/** What {@link useMetricHistory} answers. */
export interface MetricHistory {
  /** Of what is asked for now; `null` before the first answer to it. */
  results: readonly MetricResult[] | null;
  /** Why the last read failed; the results are the last known. */
  error: Error | null;
  /** From this age on the results are stale, in milliseconds. */
  staleAfterMs: number;
  reload: () => void;
}

interface Read {
  /** What was asked for, but for the time. */
  question: string;
  results: readonly MetricResult[] | null;
  error: Error | null;
}

/** The buckets of a look at a metric, up to the last one that is over; read anew when another one is. */
export function useMetricHistory(http: HttpClient, name: string, view: MetricView): MetricHistory {
  const { range, show, by, labels } = view;
  const widthMs = METRIC_WINDOW_MS[range.window];
  const to = Math.floor(usePageClock() / widthMs) * widthMs;
  const texts = labelTexts(labels);
  const question = JSON.stringify([name, range.id, show.aggregations, by, texts]);
  const [read, setRead] = useState<Read>({ question, results: null, error: null });
  const reading = useRef<AbortController | null>(null);
  const latest = useRef({ range, show, by, texts });
  useEffect(() => {
    latest.current = { range, show, by, texts };
  });

  const ask = useCallback(async (): Promise<void> => {
    reading.current?.abort();
    const mine = new AbortController();
    reading.current = mine;
    const { range: span, show: shown, by: label, texts: only } = latest.current;
    const query = {
      metricName: name,
      timeWindow: span.window,
      aggregation: [...shown.aggregations],
      from: new Date(to - span.ms).toISOString(),
      to: new Date(to).toISOString(),
      groupBy: label ?? undefined,
      // A single one is split at a comma that could begin another label; repeated ones are not.
      labels: only.length === 1 ? [...only, ...only] : only,
    };
    try {
      const { results } = await http.get<MetricQueryAnswer>('/metrics/query', {
        query,
        signal: mine.signal,
      });
      if (!mine.signal.aborted) setRead({ question, results, error: null });
    } catch (thrown) {
      if (mine.signal.aborted) return;
      const error = thrown as Error;
      setRead((before) => ({
        question,
        results: before.question === question ? before.results : null,
        error,
      }));
    }
  }, [http, name, question, to]);

  const reload = useCallback(() => void ask(), [ask]);
  useEffect(reload, [reload]);
  useEffect(() => () => reading.current?.abort(), []);
  const current = read.question === question ? read : { results: null, error: null };
  useRefresh(reload, current.error === null ? REFRESH_MS : FAILED_REFRESH_MS);

  return {
    results: current.results,
    error: current.error,
    staleAfterMs: 3 * REFRESH_MS,
    reload,
  };
}
