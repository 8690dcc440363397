import { useId, useState, type FormEvent } from 'react';
import type { HttpClient } from '@fleetdeck/client';
import { usePageTitle } from '../shell/usePageTitle.ts';

/** Why the page is shown: nobody is signed in, a session has ended, a link was of no use or could not be looked at. */
export type SignInReason = 'signed-out' | 'expired' | 'link' | 'unavailable';

const HEADINGS: Record<SignInReason, string> = {
  'signed-out': 'Sign in',
  expired: 'Your session has ended',
  link: 'This sign-in link no longer works',
  unavailable: 'Nobody can sign in at present',
};

const EXPLANATIONS: Record<SignInReason, string> = {
  'signed-out': 'Fleetdeck shows live data to people who are signed in.',
  expired: 'Sign in again to go on where you were.',
  link: 'A link works once, within ten minutes of being made.',
  unavailable:
    'The database of the service does not answer; open your link again shortly. Pages that are signed in go on.',
};

/** Signs a browser in with a token, and tells how to get a link. */
export function SignInPage({
  reason,
  http,
  onSignedIn,
}: {
  reason: SignInReason;
  http: HttpClient;
  onSignedIn: () => void;
}) {
  usePageTitle('Sign in');
  const [token, setToken] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const field = useId();
  const hint = useId();

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (token.trim() === '') return setProblem('Paste a token first.');
    setBusy(true);
    setProblem(null);
    try {
      await http.post('/session', { token: token.trim() });
      onSignedIn();
    } catch (thrown) {
      const { code, message } = thrown as { code?: unknown; message?: string };
      setProblem(
        code === 'UNAUTHENTICATED' || code === 'SESSION_EXPIRED'
          ? 'That token is not valid, or has expired.'
          : (message ?? 'The service does not answer.'),
      );
      setBusy(false);
    }
  };

  return (
    <main className="sign-in">
      <h1>{HEADINGS[reason]}</h1>
      <p>{EXPLANATIONS[reason]}</p>
      <form onSubmit={(event) => void submit(event)} noValidate>
        <label htmlFor={field}>Access token</label>
        <input
          id={field}
          type="password"
          autoComplete="off"
          spellCheck={false}
          value={token}
          onChange={(event) => setToken(event.target.value)}
          aria-describedby={hint}
          aria-invalid={problem !== null}
        />
        <p
          id={hint}
          className="sign-in-hint"
          role={problem === null ? undefined : 'alert'}
          data-problem={problem !== null || undefined}
        >
          {problem ?? 'It is exchanged for a cookie and kept nowhere else.'}
        </p>
        <button type="submit" className="button-primary" disabled={busy}>
          {busy ? 'Signing in…' : 'Sign in'}
        </button>
      </form>
      <section className="sign-in-help">
        <h2>On the machine that runs the service</h2>
        <p>
          <code>npm run sign-in</code> prints a link that signs you in.
        </p>
        <p>
          <code>npm run -s token -- --role viewer</code> prints a token to paste here.
        </p>
      </section>
    </main>
  );
}
