import { useEffect, useState } from 'react';
import type { HttpClient } from '@fleetdeck/client';
import type { Silence } from '@fleetdeck/dto';
import { repeatWhileVisible } from '../repeat-while-visible.ts';

/** Silences of others and ends of silences have no topic. */
const REFRESH_MS = 15_000;

/** What {@link useSilences} answers. */
export interface SilencesState {
  /** In force or to come; `null` before the first answer. */
  silences: readonly Silence[] | null;
  /** Why the last read failed; what is shown is the last known. */
  error: Error | null;
  reload: () => void;
}

/** The silences in force or to come, read now and then and whenever `changes` does. */
export function useSilences(http: HttpClient, changes: string): SilencesState {
  const [view, setView] = useState<Omit<SilencesState, 'reload'>>({ silences: null, error: null });
  const [reloads, setReloads] = useState(0);
  useEffect(() => {
    const leaving = new AbortController();
    const { signal } = leaving;
    const read = async (): Promise<void> => {
      try {
        const { silences } = await http.get<{ silences: Silence[] }>('/silences', { signal });
        if (!signal.aborted) setView({ silences, error: null });
      } catch (thrown) {
        if (!signal.aborted) setView(({ silences }) => ({ silences, error: thrown as Error }));
      }
    };
    void read();
    const stop = repeatWhileVisible(() => void read(), REFRESH_MS);
    return () => {
      leaving.abort();
      stop();
    };
  }, [http, changes, reloads]);
  return { ...view, reload: () => setReloads((count) => count + 1) };
}
