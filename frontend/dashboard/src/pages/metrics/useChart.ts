import { useEffect, useState } from 'react';
import type { TimeSeriesChart } from '@fleetdeck/react/charts';

const RETRY_MS = 15_000;

/** What {@link useChart} answers. */
export interface LoadedChart {
  /** `null` until it is there. */
  Chart: typeof TimeSeriesChart | null;
  /** Whether it could not be loaded; it is tried again. */
  failed: boolean;
}

/** The chart, which only the pages that draw one load. */
export function useChart(): LoadedChart {
  const [loaded, setLoaded] = useState<LoadedChart>({ Chart: null, failed: false });
  const { Chart, failed } = loaded;
  useEffect(() => {
    if (Chart !== null) return undefined;
    let left = false;
    const load = (): void => {
      import('@fleetdeck/react/charts').then(
        ({ TimeSeriesChart: part }) => left || setLoaded({ Chart: part, failed: false }),
        () => left || setLoaded({ Chart: null, failed: true }),
      );
    };
    load();
    const timer = setInterval(load, RETRY_MS);
    return () => {
      left = true;
      clearInterval(timer);
    };
  }, [Chart]);
  return { Chart, failed };
}
