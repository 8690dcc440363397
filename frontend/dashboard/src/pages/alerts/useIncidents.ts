import { useCallback, useEffect, useRef, useState } from 'react';
import type { HttpClient } from '@fleetdeck/client';
import { MAX_PAGE_SIZE, type Incident, type IncidentQuery, type Page } from '@fleetdeck/dto';
import { repeatWhileVisible } from '../repeat-while-visible.ts';

/** Incidents that one press shows more. */
export const INCIDENTS_A_PAGE = 20;
/** A page that hears nothing live is brought up to date this often. */
const REFRESH_MS = 30_000;

interface View {
  /** Newest first; `null` before the first answer. */
  incidents: readonly Incident[] | null;
  /** Where older ones go on; `null` when there are none. */
  nextCursor: string | null;
  /** Why the last read failed; what is shown is the last known. */
  error: Error | null;
}

/** What {@link useIncidents} answers. */
export interface IncidentsState extends View {
  reload: () => void;
  more: () => void;
}

/**
 * Incidents, a page more at each call of `more`. What is shown is read anew whenever `changes` does, up to the most
 * that one answer holds; what was shown beyond that is asked for again.
 */
export function useIncidents(
  http: HttpClient,
  state: IncidentQuery['state'] | undefined,
  changes: string,
): IncidentsState {
  const [view, setView] = useState<View>({ incidents: null, nextCursor: null, error: null });
  const wanted = useRef(INCIDENTS_A_PAGE);
  const reading = useRef<AbortController | null>(null);

  const read = useCallback(
    async (cursor: string | null): Promise<void> => {
      reading.current?.abort();
      const mine = new AbortController();
      reading.current = mine;
      const limit = cursor === null ? Math.min(wanted.current, MAX_PAGE_SIZE) : INCIDENTS_A_PAGE;
      try {
        const page = await http.get<Page<Incident>>('/incidents', {
          query: { state, cursor, limit },
          signal: mine.signal,
        });
        if (mine.signal.aborted) return;
        setView(({ incidents }) => ({
          incidents: cursor === null ? page.items : [...(incidents ?? []), ...page.items],
          nextCursor: page.nextCursor,
          error: null,
        }));
      } catch (thrown) {
        if (!mine.signal.aborted) setView((before) => ({ ...before, error: thrown as Error }));
      }
    },
    [http, state],
  );

  useEffect(() => {
    void read(null);
    return repeatWhileVisible(() => void read(null), REFRESH_MS);
  }, [read, changes]);
  useEffect(() => () => reading.current?.abort(), []);

  return {
    ...view,
    reload: () => void read(null),
    more: () => {
      // A reload that cuts this short reads the page as well.
      wanted.current = (view.incidents?.length ?? 0) + INCIDENTS_A_PAGE;
      void read(view.nextCursor);
    },
  };
}
