import { useEffect, useState } from 'react';
import { Route, Router, Switch, useLocation, useSearch } from 'wouter';
import type { Session } from '@fleetdeck/dto';
import { FleetdeckProvider, lazyPart, useAlerts } from '@fleetdeck/react';
import type { Connection } from './connection.ts';
import { NotFoundPage } from './pages/NotFoundPage.tsx';
import { OverviewPage } from './pages/OverviewPage.tsx';
import { SignInPage, type SignInReason } from './pages/SignInPage.tsx';
import { FAILED_REFRESH_MS, useRefresh } from './pages/useRefresh.ts';
import { applyPreferences, readPreferences, storePreferences, type Preferences } from './preferences.ts';
import { useSession } from './session/useSession.ts';
import { LazyPage } from './shell/LazyPage.tsx';
import { PageBoundary } from './shell/PageBoundary.tsx';
import { Shell } from './shell/Shell.tsx';
import { useDenied } from './shell/useDenied.ts';
import { usePageTitle } from './shell/usePageTitle.ts';

// The overview is what most starts show; the code of the others would hold up its first values.
const alertsPage = lazyPart(() => import('./pages/alerts/AlertsPage.tsx').then((file) => file.AlertsPage));
const metricsPage = lazyPart(() =>
  import('./pages/metrics/MetricsPage.tsx').then((file) => file.MetricsPage),
);
const metricPage = lazyPart(() => import('./pages/metrics/MetricPage.tsx').then((file) => file.MetricPage));
/** When they are loaded though nobody opened them, so that they are there should the service be away later. */
const LOAD_AHEAD_MS = 10_000;

interface AppProps {
  connection: Connection;
  /** Loads the page anew: at an address, or where it is for `null`. @default by the browser */
  restart?: (address: string | null) => void;
}

/** The dashboard: sign-in, or the shell with a page in it. */
export function App({ connection, restart = restartPage }: AppProps) {
  return (
    <Router base={connection.basePath}>
      <Portal connection={connection} restart={restart} />
    </Router>
  );
}

function Portal({ connection, restart }: Required<AppProps>) {
  const { socket, http } = connection;
  const [preferences, setPreferences] = useState(readPreferences);
  const { state, problem, expire, signOut } = useSession(http);
  const [location] = useLocation();
  const search = useSearch();
  useDenied(socket, expire);

  const change = (next: Preferences): void => {
    setPreferences(next);
    storePreferences(next);
    applyPreferences(next);
  };

  // In this order: a page that is still signed in must go on being live.
  const leave = async (): Promise<void> => {
    if (await signOut()) socket.close();
  };

  const reason = signInReason(state.status, location, search);
  if (reason !== null) {
    return (
      <SignInPage
        reason={reason}
        http={http}
        // A fresh start of the page gives the socket the new cookie.
        onSignedIn={() => restart(location === '/sign-in' ? `${connection.basePath}/` : null)}
      />
    );
  }
  return (
    <FleetdeckProvider
      socket={socket}
      http={http}
      timeZone={preferences.timeZone === 'utc' ? 'UTC' : undefined}
    >
      <Desk
        http={http}
        session={state.status === 'signed-in' ? state.session : null}
        problem={problem}
        preferences={preferences}
        onPreferences={change}
        onSignOut={() => void leave()}
        onRestart={() => restart(null)}
      />
    </FleetdeckProvider>
  );
}

interface DeskProps {
  http: Connection['http'];
  session: Session | null;
  problem: string | null;
  preferences: Preferences;
  onPreferences: (next: Preferences) => void;
  onSignOut: () => void;
  onRestart: () => void;
}

const TITLES: Readonly<Record<string, string>> = {
  '/': 'Overview',
  '/metric': 'Metrics',
  '/alerts': 'Alerts',
};
const METRIC_PATH = /^\/metric\/([^/]+)$/;

// Alerts are read once for the bar and the page.
function Desk({ http, onRestart, ...bar }: DeskProps) {
  const alerts = useAlerts();
  useRefresh(alerts.refetch, alerts.state === 'error' ? FAILED_REFRESH_MS : null);
  const firing = alerts.alerts?.filter(({ state }) => state === 'firing').length ?? null;
  const [location] = useLocation();
  const title = TITLES[location] ?? METRIC_PATH.exec(location)?.[1] ?? 'No such page';
  usePageTitle(title, firing);
  useEffect(() => {
    const timer = setTimeout(() => {
      for (const page of [alertsPage, metricsPage, metricPage]) void page.load();
    }, LOAD_AHEAD_MS);
    return () => clearTimeout(timer);
  }, []);
  const lazily = { title, onRestart };
  return (
    <Shell {...bar} firing={firing}>
      <PageBoundary key={location} title={title}>
        <Switch>
          <Route path="/">
            <OverviewPage http={http} />
          </Route>
          <Route path="/metric">
            <LazyPage page={metricsPage} {...lazily}>
              {(MetricsPage) => <MetricsPage http={http} />}
            </LazyPage>
          </Route>
          <Route path="/metric/:name">
            {({ name }) => (
              <LazyPage page={metricPage} {...lazily}>
                {(MetricPage) => <MetricPage http={http} name={name} />}
              </LazyPage>
            )}
          </Route>
          <Route path="/alerts">
            <LazyPage page={alertsPage} {...lazily}>
              {(AlertsPage) => (
                <AlertsPage
                  http={http}
                  alerts={alerts}
                  role={bar.session?.role ?? null}
                  timeZone={bar.preferences.timeZone}
                />
              )}
            </LazyPage>
          </Route>
          <Route>
            <NotFoundPage />
          </Route>
        </Switch>
      </PageBoundary>
    </Shell>
  );
}

function restartPage(address: string | null): void {
  if (address === null) window.location.reload();
  else window.location.assign(address);
}

// While the answer is awaited the page is drawn as for somebody signed in: most are, and its data is asked for at the
// same time.
function signInReason(status: string, location: string, search: string): SignInReason | null {
  if (status === 'expired') return 'expired';
  if (location === '/sign-in') {
    const problem = new URLSearchParams(search).get('problem');
    return problem === 'link' || problem === 'unavailable' ? problem : 'signed-out';
  }
  return status === 'signed-out' ? 'signed-out' : null;
}
