import { useCallback, useEffect, useRef, useState } from 'react';
import type { HttpClient } from '@fleetdeck/client';
import { MAX_PAGE_SIZE, type Incident, type IncidentPage, type IncidentStatus } from '@fleetdeck/dto';
import type { FetchAround, FetchOptions, FetchPage, TimelineEntry, TimelineOption } from '@fleetdeck/react';
import { repeatWhileVisible } from '../repeat-while-visible.ts';
import { entryOf, OVER } from './incident-entry.ts';

/** Incidents that one press shows more. */
export const INCIDENTS_A_PAGE = 20;
/** A page that hears nothing live is brought up to date this often. */
const REFRESH_MS = 30_000;

/** An incident as an entry of a timeline. */
export interface IncidentEntry extends TimelineEntry {
  incident: Incident;
}

/** What {@link useIncidents} answers, as a `Timeline` takes it. */
export interface IncidentsState {
  source: string;
  fetchPage: FetchPage<IncidentEntry>;
  fetchAround: FetchAround<IncidentEntry>;
  /** The newest of those that are shown, as they are now. */
  newest: readonly IncidentEntry[];
  /** How many there are, of which rules and statuses; `null` before the first answer. */
  counts: {
    total: number;
    typeOptions: readonly TimelineOption[];
    statusOptions: readonly TimelineOption[];
  } | null;
  /** Why the last read failed; what is shown is the last known. */
  error: Error | null;
  /** Reads everything anew. */
  reload: () => void;
}

type Query = Readonly<Record<string, string | number | boolean | readonly string[] | null>>;

/**
 * Incidents page by page, as the service filters and counts them. The newest, as many as were read, are read anew
 * whenever `changes` does, up to the most that one answer holds.
 */
export function useIncidents(http: HttpClient, changes: string): IncidentsState {
  const [newest, setNewest] = useState<readonly IncidentEntry[]>([]);
  const [counts, setCounts] = useState<IncidentsState['counts']>(null);
  const [error, setError] = useState<Error | null>(null);
  const [begun, setBegun] = useState(0);
  const read = useRef<{ query: Query; status: readonly IncidentStatus[]; count: number; failed: boolean }>({
    query: {},
    status: [],
    count: 0,
    failed: false,
  });

  /** Keeps why a read failed, so that it can be said, and made good once the service answers again. */
  const noted = useCallback(async <T>(signal: AbortSignal, reading: Promise<T>): Promise<T> => {
    try {
      return await reading;
    } catch (thrown) {
      if (!signal.aborted) {
        read.current.failed = true;
        setError(thrown as Error);
      }
      throw thrown;
    }
  }, []);

  const fetchPage = useCallback<FetchPage<IncidentEntry>>(
    async (cursor, options) => {
      const { signal } = options;
      const { query, status } = queryOf(options);
      const asked = { ...query, status, cursor, limit: INCIDENTS_A_PAGE, facets: cursor === null };
      const page = await noted(signal, http.get<IncidentPage>('/incidents', { query: asked, signal }));
      const count = (cursor === null ? 0 : read.current.count) + page.items.length;
      read.current = { query, status, count, failed: false };
      // They are of all pages, so an older one need not count again.
      if (cursor === null) setCounts(countsOf(page));
      setError(null);
      return { items: page.items.map(entryOf), nextCursor: page.nextCursor };
    },
    [http, noted],
  );

  const fetchAround = useCallback<FetchAround<IncidentEntry>>(
    async (id, options) => {
      const { signal } = options;
      const path = `/incidents/${encodeURIComponent(id)}`;
      const { beganAt } = await noted(signal, http.get<Incident>(path, { signal }));
      const linkedAt = Date.parse(beganAt);
      return fetchPage(null, { ...options, range: { ...options.range, to: linkedAt + 1 } });
    },
    [http, noted, fetchPage],
  );

  const refresh = useCallback(
    async (signal: AbortSignal): Promise<void> => {
      const { query, status, count, failed } = read.current;
      const limit = Math.min(Math.max(count, INCIDENTS_A_PAGE), MAX_PAGE_SIZE);
      try {
        const [now, counted] = await Promise.all([
          // In any status: one that ended since must not go on being shown as open.
          http.get<IncidentPage>('/incidents', { query: { ...query, limit }, signal }),
          http.get<IncidentPage>('/incidents', {
            query: { ...query, status, facets: true, limit: 1 },
            signal,
          }),
        ]);
        if (read.current.query !== query) return;
        setNewest(now.items.map(entryOf));
        setCounts(countsOf(counted));
        setError(null);
        if (failed) setBegun((times) => times + 1);
      } catch (thrown) {
        if (!signal.aborted) setError(thrown as Error);
      }
    },
    [http],
  );

  const seen = useRef(changes);
  useEffect(() => {
    const end = new AbortController();
    if (seen.current !== changes) void refresh(end.signal);
    seen.current = changes;
    const stop = repeatWhileVisible(() => void refresh(end.signal), REFRESH_MS);
    return () => {
      stop();
      end.abort();
    };
  }, [refresh, changes]);

  return {
    source: String(begun),
    fetchPage,
    fetchAround,
    newest,
    counts,
    error,
    reload: useCallback(() => setBegun((times) => times + 1), []),
  };
}

function queryOf({ filter, range }: FetchOptions): { query: Query; status: IncidentStatus[] } {
  const time = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());
  return {
    query: {
      search: filter.text.trim() || null,
      rule: filter.types,
      from: time(range.from),
      to: time(range.to),
    },
    status: filter.statuses.map((word) => (word === OVER ? 'ended' : (word as IncidentStatus))),
  };
}

/** The worst status first. */
function countsOf({ facets }: IncidentPage): IncidentsState['counts'] {
  if (facets === undefined) return null;
  const { total, rules, statuses } = facets;
  const statusOptions = statuses
    .map(({ value, count }) => ({ value: value === 'ended' ? OVER : value, count }))
    .reverse();
  return { total, typeOptions: rules, statusOptions };
}
