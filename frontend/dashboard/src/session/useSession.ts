import { useCallback, useEffect, useState } from 'react';
import { isProblem, type Session } from '@fleetdeck/dto';
import type { HttpClient } from '@fleetdeck/client';

/** Whether the browser is signed in, as far as is known. */
export type SessionState =
  | { status: 'checking' }
  | { status: 'signed-in'; session: Session }
  | { status: 'signed-out' }
  | { status: 'expired' }
  | { status: 'unreachable' };

const RETRY_MS = 5_000;

/** Asks the service who is signed in, and again while it cannot be reached. */
export function useSession(http: HttpClient): {
  state: SessionState;
  expire: () => void;
  signOut: () => Promise<void>;
} {
  const [state, setState] = useState<SessionState>({ status: 'checking' });

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let left = false;
    const ask = async (): Promise<void> => {
      try {
        const session = await http.get<Session>('/session');
        if (!left) setState({ status: 'signed-in', session });
      } catch (thrown) {
        if (left) return;
        const next = afterRefusal(thrown);
        setState(next);
        if (next.status === 'unreachable') timer = setTimeout(() => void ask(), RETRY_MS);
      }
    };
    void ask();
    return () => {
      left = true;
      clearTimeout(timer);
    };
  }, [http]);

  // A session that ends in a while ends on the page too, also when no request notices.
  const expiresAt = state.status === 'signed-in' ? state.session.expiresAt : null;
  useEffect(() => {
    if (expiresAt === null) return;
    const timer = setTimeout(
      () => setState({ status: 'expired' }),
      Math.max(0, Date.parse(expiresAt) - Date.now()),
    );
    return () => clearTimeout(timer);
  }, [expiresAt]);

  const expire = useCallback(() => setState({ status: 'expired' }), []);
  const signOut = useCallback(async () => {
    await http.delete('/session');
    setState({ status: 'signed-out' });
  }, [http]);
  return { state, expire, signOut };
}

function afterRefusal(thrown: unknown): SessionState {
  const code = isProblem(thrown) ? thrown.code : (thrown as { code?: unknown }).code;
  if (code === 'SESSION_EXPIRED') return { status: 'expired' };
  if (code === 'UNAUTHENTICATED') return { status: 'signed-out' };
  return { status: 'unreachable' };
}
