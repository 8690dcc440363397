import { useEffect } from 'react';
import { repeatWhileVisible } from './repeat-while-visible.ts';

/** What could not be read is asked for this often, until it can: an outage may outlast every other retry. */
export const FAILED_REFRESH_MS = 15_000;

/** The past moves on by itself; what becomes worse is heard at once. */
export const PAST_REFRESH_MS = 60_000;

/** Reads again at an interval while the page is visible; never for `null`. */
export function useRefresh(refetch: () => void, intervalMs: number | null): void {
  useEffect(
    () => (intervalMs === null ? undefined : repeatWhileVisible(refetch, intervalMs)),
    [refetch, intervalMs],
  );
}
