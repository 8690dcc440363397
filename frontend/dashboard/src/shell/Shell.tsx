import { useRef, type MouseEvent, type ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import type { Session } from '@fleetdeck/dto';
import { ConnectionStatus, useWebSocket } from '@fleetdeck/react';
import type { Preferences } from '../preferences.ts';

interface ShellProps {
  session: Session | null;
  /** What went wrong in the bar itself; `null` when nothing did. */
  problem: string | null;
  preferences: Preferences;
  onPreferences: (next: Preferences) => void;
  onSignOut: () => void;
  /** Alerts that fire; `null` while that is not known. */
  firing: number | null;
  children: ReactNode;
}

const NEXT_THEME = { auto: 'light', light: 'dark', dark: 'auto' } as const;
const THEME_WORDS = { auto: 'as the system', light: 'light', dark: 'dark' } as const;

/** The bar over every page: where you are, how fresh the data is, how it is shown, who you are. */
export function Shell({
  session,
  problem,
  preferences,
  onPreferences,
  onSignOut,
  firing,
  children,
}: ShellProps) {
  const connection = useWebSocket();
  const page = useRef<HTMLElement>(null);
  // The address of a fragment is relative to <base>: followed from any other page it would load the overview.
  const skip = (event: MouseEvent): void => {
    event.preventDefault();
    page.current?.focus();
  };
  const { theme, timeZone } = preferences;
  return (
    <>
      <a className="skip-link" href="#page" onClick={skip}>
        Skip to the page
      </a>
      <header className="shell-bar">
        <Link href="/" className="shell-brand">
          Fleetdeck
        </Link>
        <nav className="shell-nav" aria-label="Pages">
          <PageLink href="/">Overview</PageLink>
          <PageLink href="/metric">Metrics</PageLink>
          <PageLink href="/alerts">
            Alerts
            {firing !== null && firing > 0 && (
              <>
                {' '}
                <span className="shell-count">{firing}</span>
                <span className="unseen"> firing</span>
              </>
            )}
          </PageLink>
        </nav>
        <ConnectionStatus
          state={connection.state}
          since={connection.since}
          nextAttemptAt={connection.nextAttemptAt}
          lastMessageAt={connection.lastMessageAt}
        />
        <div className="shell-tools">
          <button
            type="button"
            className="button-quiet"
            onClick={() => onPreferences({ ...preferences, timeZone: timeZone === 'utc' ? 'local' : 'utc' })}
          >
            Times: {timeZone === 'utc' ? 'UTC' : 'local'}
          </button>
          <button
            type="button"
            className="button-quiet"
            onClick={() => onPreferences({ ...preferences, theme: NEXT_THEME[theme] })}
          >
            Theme: {THEME_WORDS[theme]}
          </button>
          {session !== null && (
            <>
              <span className="shell-who" title={`Signed in as ${session.subject}, role ${session.role}`}>
                {session.subject} <span className="quiet">({session.role})</span>
              </span>
              <button type="button" className="button-quiet" onClick={onSignOut}>
                Sign out
              </button>
            </>
          )}
        </div>
      </header>
      {problem !== null && (
        <p className="banner" role="alert">
          {problem}
        </p>
      )}
      {connection.state === 'denied' && (
        <p className="banner">
          The service does not let this page listen: {connection.reason ?? 'no reason given'}. What is shown
          does not move on.
        </p>
      )}
      <main ref={page} id="page" className="page" tabIndex={-1}>
        {children}
      </main>
    </>
  );
}

function PageLink({ href, children }: { href: string; children: ReactNode }) {
  const [location] = useLocation();
  const current =
    location === href ? 'page' : href !== '/' && location.startsWith(`${href}/`) ? true : undefined;
  return (
    <Link href={href} aria-current={current}>
      {children}
    </Link>
  );
}
