import type { MetricBucket, MetricClosedWindow, MetricLive, MetricQueryAnswer } from '@fleetdeck/dto';
import type { LiveModel } from './liveStore.ts';
import { isCovered } from './metricsModel.ts';

/** What a reading is made of: the window that ends now, and those before it. */
export type MetricAnswer = MetricQueryAnswer & { past: readonly MetricBucket[] };

/** One metric over one window. The same object until it changes. */
export interface MetricReading {
  value: number | null;
  unit: string;
  coverage: number | null;
  lowerBound: boolean;
  points: readonly MetricBucket[];
  baseline: number | null;
  asOf: string | null;
  /** Whether its topic carried something since that is not in the value yet. */
  isBehind: boolean;
}

function closedWindowOf(data: unknown): MetricClosedWindow | null {
  return (data as Partial<MetricLive> | null)?.window ?? null;
}

/**
 * The value of a window, which only the service can sum up: a message tells that it is time to ask again.
 * @param onClosed - hears of a minute that is over; says whether what was read before it is not the last word
 */
export function createMetricModel(
  onClosed: (window: MetricClosedWindow) => boolean,
): LiveModel<MetricAnswer, MetricReading> {
  let reading: MetricReading | null = null;
  let answer: MetricQueryAnswer | null = null;
  return {
    begin: (read) => {
      answer = read;
      const [result] = read.results;
      const [now] = result?.points ?? [];
      reading = {
        value: now?.value ?? null,
        unit: result?.unit ?? '',
        coverage: now?.coverage ?? null,
        lowerBound: now?.lowerBound === true,
        points: now ? [...read.past, now] : read.past,
        baseline: read.past.at(-1)?.value ?? null,
        asOf: result?.asOf ?? null,
        isBehind: false,
      };
    },
    apply: (message) => {
      if (reading === null) return false;
      const window = closedWindowOf(message.data);
      const isClosed = window !== null && onClosed(window);
      if (reading.isBehind || (!isClosed && isCovered(answer?.results[0]?.position, message))) return false;
      reading = { ...reading, isBehind: true };
      return true;
    },
    read: () => reading,
  };
}
