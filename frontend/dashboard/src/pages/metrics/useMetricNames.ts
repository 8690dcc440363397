import { useCallback, useEffect, useRef, useState } from 'react';
import type { HttpClient } from '@fleetdeck/client';
import type { MetricDescriptor } from '@fleetdeck/dto';
import { repeatWhileVisible } from '../repeat-while-visible.ts';

const REFRESH_MS = 10_000;

interface View {
  /** Every metric that the service knows; `null` before the first answer. The same list while nothing changed. */
  metrics: readonly MetricDescriptor[] | null;
  /** Why the last read failed; what is there is the last known. */
  error: Error | null;
}

/** What {@link useMetricNames} answers. */
export interface MetricNamesState extends View {
  reload: () => void;
}

/** The metrics that there are; asked for again now and then, since anybody may add one. */
export function useMetricNames(http: HttpClient): MetricNamesState {
  const [view, setView] = useState<View>({ metrics: null, error: null });
  const reading = useRef<AbortController | null>(null);

  const read = useCallback(async (): Promise<void> => {
    reading.current?.abort();
    const mine = new AbortController();
    reading.current = mine;
    try {
      const answer = await http.get<{ metrics: MetricDescriptor[] }>('/metrics/names', {
        signal: mine.signal,
      });
      if (mine.signal.aborted) return;
      setView(({ metrics }) => ({
        metrics: JSON.stringify(metrics) === JSON.stringify(answer.metrics) ? metrics : answer.metrics,
        error: null,
      }));
    } catch (thrown) {
      if (!mine.signal.aborted) setView((before) => ({ ...before, error: thrown as Error }));
    }
  }, [http]);

  useEffect(() => {
    void read();
    const stop = repeatWhileVisible(() => void read(), REFRESH_MS);
    return () => {
      stop();
      reading.current?.abort();
    };
  }, [read]);

  return { ...view, reload: () => void read() };
}
