import { useClockValue, type PageClock } from '../clock.ts';
import { toMs, type TimeInput } from '../environment.ts';

/** What a component knows of its own age. */
export interface Aging {
  asOf?: TimeInput | null | undefined;
  staleAfterMs?: number | null | undefined;
  stale?: boolean | undefined;
}

/**
 * What to say of a state that is too old to be trusted, or whose source says so itself; `null` while it is fresh.
 *
 * @param write - gives the words, for the moment of the state and the present; the former is `null` when not known
 */
export function useStaleText(
  { asOf, staleAfterMs, stale = false }: Aging,
  clock: PageClock,
  write: (asOfMs: number | null, at: number) => string,
): string | null {
  const asOfMs = toMs(asOf);
  const limit = stale ? -Infinity : (staleAfterMs ?? Infinity);
  return useClockValue(
    asOfMs !== null && limit < Infinity ? clock : null,
    (at) => (asOfMs !== null && at - asOfMs > limit ? write(asOfMs, at) : null),
    stale ? write(null, 0) : null,
  );
}
