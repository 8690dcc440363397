import { act, cleanup, render, screen, waitFor } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { App } from './App.tsx';
import { FakeService, ok, refusal, session } from './testing/fake-service.ts';
import { alert, alertUpdate, component, descriptor, report } from './testing/samples.ts';

const NO_SESSION = 'Sign in, then try again.';

let service: FakeService;
let restart: jest.Mock<(address: string | null) => void>;

function open(address: string, basePath = ''): void {
  window.history.replaceState(null, '', address);
  render(<App connection={service.connection(basePath)} restart={restart} />);
}

const heading = (name: string) => screen.findByRole('heading', { level: 1, name });
const press = (name: string | RegExp) => userEvent.click(screen.getByRole('button', { name }));

async function signInWith(token: string): Promise<void> {
  await userEvent.type(screen.getByLabelText('Access token'), token);
  await press('Sign in');
  await waitFor(() => expect(restart).toHaveBeenCalledTimes(1));
}

/** Nobody is signed in: the service says so on every way. */
function signOutEverywhere(): void {
  for (const call of ['GET /session', 'GET /health', 'GET /metrics/recent', 'GET /metrics/names'])
    service.answers.set(call, refusal('UNAUTHENTICATED', NO_SESSION));
  service.socketRefusal = { ok: false, code: 4401, message: NO_SESSION, retryAfterMs: null };
}

/** The zone that holds where none is asked for. */
function setMachineZone(zone: string): void {
  const Real = Intl.DateTimeFormat;
  jest.spyOn(Intl, 'DateTimeFormat').mockImplementation(function (locale, options) {
    return new Real(locale, { ...options, timeZone: options?.timeZone ?? zone });
  });
}

beforeEach(() => {
  service = new FakeService();
  service.answers.set('POST /session', ok(session));
  restart = jest.fn<(address: string | null) => void>();
});
afterEach(() => {
  act(() => service.socket.close());
  jest.restoreAllMocks();
  localStorage.clear();
  delete document.documentElement.dataset['theme'];
});

describe('signed in', () => {
  it('shows the overview, live, and who is there', async () => {
    open('/');
    expect(await heading('Overview')).toBeVisible();
    expect(await screen.findByText('Live')).toBeVisible();
    expect(await screen.findByText('ada')).toBeVisible();
  });

  it('draws the page while the session is still being asked about, with no name on it', async () => {
    service.answers.set('GET /session', 'never');
    open('/');
    expect(await heading('Overview')).toBeVisible();
    expect(screen.queryByRole('button', { name: 'Sign out' })).toBeNull();
  });

  it('works below a base path', async () => {
    open('/portal/', '/portal');
    expect(await heading('Overview')).toBeVisible();
    expect(screen.getByRole('link', { name: 'Fleetdeck' })).toHaveAttribute('href', '/portal/');
  });

  it('leads to the metrics and to the past of one, and says in the bar where that is', async () => {
    const orders = descriptor('orders:open');
    service.answers.set('GET /metrics/names', ok({ metrics: [orders] }));
    open('/');
    await userEvent.click(await screen.findByRole('link', { name: 'Metrics' }));
    expect(await heading('Metrics')).toBeVisible();
    await userEvent.click(await screen.findByRole('link', { name: 'orders:open' }));
    expect(await heading('orders:open')).toBeVisible();
    expect(document.title).toBe('orders:open · Fleetdeck');
    expect(window.location.pathname).toBe('/metric/orders:open');
    expect(screen.getByRole('link', { name: 'Metrics' })).toHaveAttribute('aria-current', 'true');
  });

  it('loses no other page when one fails to draw', async () => {
    jest.spyOn(console, 'error').mockReturnValue();
    service.answers.set('GET /metrics/names', ok({ metrics: [null] }));
    open('/metric');
    expect(await screen.findByText(/^This page could not be drawn/)).toBeVisible();
    await userEvent.click(screen.getByRole('link', { name: 'Overview' }));
    expect(await heading('Overview')).toBeVisible();
  });

  it('says that an address has no page, and leads to the overview', async () => {
    open('/agents/7');
    expect(await heading('There is no such page')).toBeVisible();
    await userEvent.click(screen.getByRole('link', { name: 'Go to the overview.' }));
    expect(await heading('Overview')).toBeVisible();
    expect(window.location.pathname).toBe('/');
  });
});

describe('preferences', () => {
  it('are applied at once, stored, and read when the page is opened again', async () => {
    open('/');
    await heading('Overview');
    await press(/^Theme/);
    await press(/^Times/);
    expect(document.documentElement).toHaveAttribute('data-theme', 'light');
    expect(screen.getByRole('button', { name: 'Theme: light' })).toBeVisible();
    expect(JSON.parse(localStorage.getItem('fleetdeck:preferences') ?? '')).toEqual({
      theme: 'light',
      timeZone: 'utc',
    });
    cleanup();
    open('/');
    expect(await heading('Overview')).toBeVisible();
    expect(screen.getByRole('button', { name: 'Times: UTC' })).toBeVisible();
  });

  it('change how times are written', async () => {
    setMachineZone('Asia/Tokyo');
    const since = '2026-01-15T11:00:00Z';
    service.answers.set('GET /health', ok(report({ postgres: component({ since }) })));
    open('/');
    const row = (await screen.findByRole('rowheader', { name: 'postgres' })).closest('tr');
    const sinceCell = row?.querySelector('td[data-label="since"]');
    expect(sinceCell).toHaveTextContent('20:00:00');
    await press('Times: local');
    expect(sinceCell).toHaveTextContent('11:00:00');
  });
});

describe('signed out', () => {
  it('shows the sign-in page and goes on at the same address', async () => {
    signOutEverywhere();
    open('/agents/7');
    expect(await heading('Sign in')).toBeVisible();
    await signInWith('secret');
    expect(restart).toHaveBeenCalledWith(null);
  });

  it('does not call a session ended that never was, also when the socket is refused first or last', async () => {
    signOutEverywhere();
    open('/');
    expect(await heading('Sign in')).toBeVisible();
    act(() => service.socket.retryNow());
    await waitFor(() => expect(service.socket.getSnapshot().state).toBe('denied'));
    expect(await heading('Sign in')).toBeVisible();
  });

  it.each(['', '/portal'])('leads from the sign-in address below %p to the overview', async (basePath) => {
    signOutEverywhere();
    open(`${basePath}/sign-in`, basePath);
    expect(await heading('Sign in')).toBeVisible();
    await signInWith('secret');
    expect(restart).toHaveBeenCalledWith(`${basePath}/`);
  });

  it('says that a link is of no use any more', async () => {
    signOutEverywhere();
    open('/sign-in?problem=link');
    expect(await heading('This sign-in link no longer works')).toBeVisible();
  });

  it('says that nobody can sign in while the database of the service is away', async () => {
    signOutEverywhere();
    open('/sign-in?problem=unavailable');
    expect(await heading('Nobody can sign in at present')).toBeVisible();
    expect(screen.getByText(/open your link again/)).toBeVisible();
  });
});

describe('a session that ends', () => {
  it('is told when the page is opened', async () => {
    service.answers.set('GET /session', refusal('SESSION_EXPIRED'));
    open('/');
    expect(await heading('Your session has ended')).toBeVisible();
  });

  it.each(['SESSION_EXPIRED', 'UNAUTHENTICATED'] as const)(
    'is told as soon as the socket is closed for it: %s',
    async (code) => {
      open('/');
      await screen.findByText('ada');
      await screen.findByText('Live');
      act(() => service.closeSocket(code));
      expect(await heading('Your session has ended')).toBeVisible();
    },
  );

  it('is ended by signing out, and the socket with it', async () => {
    open('/');
    await screen.findByText('Live');
    await screen.findByText('ada');
    await press('Sign out');
    expect(await heading('Sign in')).toBeVisible();
    expect(service.count('DELETE /session')).toBe(1);
    expect(service.connected).toBe(false);
  });

  it('is not ended by signing out in vain: the page says so and stays live', async () => {
    service.answers.set('DELETE /session', 'unreachable');
    open('/');
    await screen.findByText('Live');
    await screen.findByText('ada');
    await press('Sign out');
    expect(await screen.findByRole('alert')).toHaveTextContent('You are still signed in');
    expect(await heading('Overview')).toBeVisible();
    expect(service.connected).toBe(true);
    expect(screen.getByText('Live')).toBeVisible();
  });
});

describe('the title of the window', () => {
  it('names the page, and how many alerts fire', async () => {
    open('/');
    await heading('Overview');
    expect(document.title).toBe('Overview · Fleetdeck');
    act(() => service.publish('alerts', alertUpdate(alert('web-1'))));
    await waitFor(() => expect(document.title).toBe('(1) Overview · Fleetdeck'));
    await userEvent.click(screen.getByRole('link', { name: 'Alerts 1 firing' }));
    expect(document.title).toBe('(1) Alerts · Fleetdeck');
    act(() => service.publish('alerts', alertUpdate(alert('web-1', { state: 'inactive', version: 3 }))));
    await waitFor(() => expect(document.title).toBe('Alerts · Fleetdeck'));
  });

  it('says that there is no such page, and that one has to sign in', async () => {
    open('/agents/7', '');
    await heading('There is no such page');
    expect(document.title).toBe('No such page · Fleetdeck');
    cleanup();
    signOutEverywhere();
    open('/');
    await heading('Sign in');
    expect(document.title).toBe('Sign in · Fleetdeck');
  });
});
