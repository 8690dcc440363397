import { useCallback, useEffect, useState } from 'react';
import type { Session } from '@fleetdeck/dto';
import type { HttpClient } from '@fleetdeck/client';

/** Whether the browser is signed in, as far as is known. */
export type SessionState =
  | { status: 'checking' }
  | { status: 'signed-in'; session: Session }
  | { status: 'signed-out' }
  | { status: 'expired' }
  | { status: 'unreachable' };

/** What {@link useSession} answers. */
export interface SessionControl {
  state: SessionState;
  /** Why signing out did not work, a sentence for people; `null` when it did, or was not tried. */
  problem: string | null;
  /** Tells that the session is over. Nothing while nobody is known to be signed in. */
  expire: () => void;
  /** Ends the session; answers whether it is over. */
  signOut: () => Promise<boolean>;
}

const RETRY_MS = 5_000;
/** The end of a session is looked at no more often than this, whatever this machine's clock says. */
const SOONEST_LOOK_MS = 30_000;
/** The longest wait that a timer can hold. */
const LATEST_LOOK_MS = 2 ** 31 - 1;

/** Asks the service who is signed in, again while it cannot be reached, and once more when the session should end. */
export function useSession(http: HttpClient): SessionControl {
  const [state, setState] = useState<SessionState>({ status: 'checking' });
  const [problem, setProblem] = useState<string | null>(null);

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let left = false;
    const ask = async (): Promise<void> => {
      const next = await readSession(http);
      if (left) return;
      setState(next);
      // Jitter keeps the pages of a fleet from coming back all at once.
      if (next.status === 'unreachable')
        timer = setTimeout(() => void ask(), RETRY_MS * (0.5 + Math.random()));
    };
    void ask();
    return () => {
      left = true;
      clearTimeout(timer);
    };
  }, [http]);

  // A session that ends in a while ends on the page too, also when no request notices. The service has the last word,
  // since this machine's clock may be wrong; a new answer, even the same one, sets the next look.
  const session = state.status === 'signed-in' ? state.session : null;
  useEffect(() => {
    if (session === null || session.expiresAt === null) return;
    let left = false;
    const look = async (): Promise<void> => {
      const next = await readSession(http);
      if (!left) setState(next.status === 'signed-in' ? next : { status: 'expired' });
    };
    const wait = Math.max(SOONEST_LOOK_MS, Date.parse(session.expiresAt) - Date.now());
    const timer = setTimeout(() => void look(), Math.min(wait, LATEST_LOOK_MS));
    return () => {
      left = true;
      clearTimeout(timer);
    };
  }, [http, session]);

  const expire = useCallback(
    () =>
      setState((known) =>
        known.status === 'signed-in' || known.status === 'unreachable' ? { status: 'expired' } : known,
      ),
    [],
  );
  const signOut = useCallback(async () => {
    setProblem(null);
    try {
      await http.delete('/session');
    } catch (thrown) {
      if (afterRefusal(thrown).status === 'unreachable') {
        setProblem(`You are still signed in: ${(thrown as Error).message}`);
        return false;
      }
    }
    setState({ status: 'signed-out' });
    return true;
  }, [http]);
  return { state, problem, expire, signOut };
}

async function readSession(http: HttpClient): Promise<SessionState> {
  try {
    return { status: 'signed-in', session: await http.get<Session>('/session') };
  } catch (thrown) {
    return afterRefusal(thrown);
  }
}

function afterRefusal(thrown: unknown): SessionState {
  const { code } = thrown as { code?: unknown };
  if (code === 'SESSION_EXPIRED') return { status: 'expired' };
  if (code === 'UNAUTHENTICATED') return { status: 'signed-out' };
  return { status: 'unreachable' };
}
