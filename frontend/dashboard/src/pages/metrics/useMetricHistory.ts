import { useCallback, useEffect, useRef, useState } from 'react';
import type { HttpClient } from '@fleetdeck/client';
import { METRIC_WINDOW_MS, type MetricQueryAnswer, type MetricResult } from '@fleetdeck/dto';
import { usePageClock } from '@fleetdeck/react';
import { FAILED_REFRESH_MS, useRefresh } from '../useRefresh.ts';
import { labelTexts, type MetricView } from './metric-view.ts';

/** Late values change what is over, so it is read anew at least this often. */
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
  asked: string;
  results: readonly MetricResult[] | null;
  error: Error | null;
}

/** The buckets of a look at a metric, up to the last one that is over; read anew when another one is. */
export function useMetricHistory(http: HttpClient, name: string, view: MetricView): MetricHistory {
  const { range, show, by, labels } = view;
  const widthMs = METRIC_WINDOW_MS[range.window];
  const to = Math.floor(usePageClock() / widthMs) * widthMs;
  const only = labelTexts(labels);
  const question = JSON.stringify({
    metricName: name,
    timeWindow: range.window,
    aggregation: show.aggregations,
    groupBy: by,
    // A single one is split at a comma that could begin another label; repeated ones are not.
    labels: only.length === 1 ? [...only, ...only] : only,
  });
  const spanMs = range.ms;
  const asked = `${spanMs} ${question}`;
  const [read, setRead] = useState<Read>({ asked, results: null, error: null });
  const reading = useRef<AbortController | null>(null);

  const ask = useCallback(async (): Promise<void> => {
    reading.current?.abort();
    const mine = new AbortController();
    reading.current = mine;
    const query = {
      ...(JSON.parse(question) as Record<string, string | string[] | null>),
      from: new Date(to - spanMs).toISOString(),
      to: new Date(to).toISOString(),
    };
    try {
      const { results } = await http.get<MetricQueryAnswer>('/metrics/query', {
        query,
        signal: mine.signal,
      });
      if (!mine.signal.aborted) setRead({ asked, results, error: null });
    } catch (thrown) {
      if (!mine.signal.aborted)
        setRead((before) => ({
          asked,
          results: before.asked === asked ? before.results : null,
          error: thrown as Error,
        }));
    }
  }, [http, asked, question, spanMs, to]);

  const reload = useCallback(() => void ask(), [ask]);
  useEffect(() => {
    void ask();
  }, [ask]);
  useEffect(() => () => reading.current?.abort(), []);
  const current = read.asked === asked ? read : { results: null, error: null };
  // A new minute is read by itself.
  const refreshMs = widthMs > REFRESH_MS ? REFRESH_MS : null;
  useRefresh(reload, current.error === null ? refreshMs : FAILED_REFRESH_MS);

  return {
    results: current.results,
    error: current.error,
    staleAfterMs: 3 * REFRESH_MS,
    reload,
  };
}
