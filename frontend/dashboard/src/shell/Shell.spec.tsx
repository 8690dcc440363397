import { act, render, screen, within } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { FleetdeckProvider } from '@fleetdeck/react';
import type { Preferences } from '../preferences.ts';
import { FakeService, session } from '../testing/fake-service.ts';
import { Shell } from './Shell.tsx';

type ShellProps = Parameters<typeof Shell>[0];

let service: FakeService;
let onPreferences: jest.Mock<(next: Preferences) => void>;
let onSignOut: jest.Mock<() => void>;

async function open(over: Partial<ShellProps> = {}): Promise<void> {
  await act(async () => {
    render(
      <FleetdeckProvider socket={service.socket}>
        <Shell
          session={session}
          problem={null}
          preferences={{ theme: 'auto', timeZone: 'local' }}
          onPreferences={onPreferences}
          onSignOut={onSignOut}
          firing={null}
          {...over}
        >
          <h1>Overview</h1>
        </Shell>
      </FleetdeckProvider>,
    );
    await Promise.resolve();
  });
}

const press = (name: string | RegExp) => userEvent.click(screen.getByRole('button', { name }));

beforeEach(() => {
  service = new FakeService();
  onPreferences = jest.fn<(next: Preferences) => void>();
  onSignOut = jest.fn<() => void>();
});
afterEach(() => {
  act(() => service.socket.close());
});

describe('Shell', () => {
  it('shows the page, where to skip to it, and that it is live', async () => {
    await open();
    expect(screen.getByRole('main')).toContainElement(screen.getByRole('heading', { name: 'Overview' }));
    expect(screen.getByRole('link', { name: 'Skip to the page' })).toHaveAttribute(
      'href',
      `#${screen.getByRole('main').id}`,
    );
    expect(screen.getByText('Live')).toBeVisible();
  });

  it('skips to the page that is open, wherever addresses of this site are relative to', async () => {
    await open();
    const base = document.head.appendChild(document.createElement('base'));
    base.href = 'http://localhost/ops/';
    const before = window.location.href;
    await userEvent.click(screen.getByRole('link', { name: 'Skip to the page' }));
    base.remove();
    expect(screen.getByRole('main')).toHaveFocus();
    expect(window.location.href).toBe(before);
  });

  it('leads to the pages and says which one is open', async () => {
    await open();
    const pages = within(screen.getByRole('navigation', { name: 'Pages' }));
    expect(pages.getByRole('link', { name: 'Overview' })).toHaveAttribute('aria-current', 'page');
    expect(pages.getByRole('link', { name: 'Alerts' })).not.toHaveAttribute('aria-current');
  });

  it.each([
    [null, 'Alerts'],
    [0, 'Alerts'],
    [3, 'Alerts 3 firing'],
  ])('says beside the alerts how many fire: %p', async (firing, name) => {
    await open({ firing });
    expect(screen.getByRole('link', { name })).toHaveAttribute('href', '/alerts');
  });

  it('says who is signed in and in which role, and lets them sign out', async () => {
    await open();
    expect(screen.getByTitle('Signed in as ada, role admin')).toHaveTextContent('ada (admin)');
    await press('Sign out');
    expect(onSignOut).toHaveBeenCalledTimes(1);
  });

  it('offers no way out while nobody is known to be signed in', async () => {
    await open({ session: null });
    expect(screen.queryByRole('button', { name: 'Sign out' })).toBeNull();
  });

  it.each([
    ['local', 'local', 'utc'],
    ['utc', 'UTC', 'local'],
  ] as const)('switches times from %s', async (timeZone, word, next) => {
    await open({ preferences: { theme: 'dark', timeZone } });
    await press(`Times: ${word}`);
    expect(onPreferences).toHaveBeenCalledWith({ theme: 'dark', timeZone: next });
  });

  it.each([
    ['auto', 'as the system', 'light'],
    ['light', 'light', 'dark'],
    ['dark', 'dark', 'auto'],
  ] as const)('switches the theme on from %s', async (theme, words, next) => {
    await open({ preferences: { theme, timeZone: 'utc' } });
    await press(`Theme: ${words}`);
    expect(onPreferences).toHaveBeenCalledWith({ theme: next, timeZone: 'utc' });
  });

  it('says why the page does not move on when the service does not let it listen', async () => {
    await open();
    expect(screen.queryByText(/does not let this page listen/)).toBeNull();
    act(() => service.closeSocket('FORBIDDEN', 'Your role may not listen.'));
    expect(screen.getByText(/does not let this page listen: Your role may not listen\./)).toBeVisible();
  });

  it('says so as well when it gives no reason', async () => {
    const snapshot = { ...service.socket.getSnapshot(), state: 'denied' as const, reason: null };
    jest.spyOn(service.socket, 'getSnapshot').mockReturnValue(snapshot);
    await open();
    expect(screen.getByText(/does not let this page listen: no reason given\./)).toBeVisible();
  });

  it('tells a problem of the bar at once', async () => {
    await open({ problem: 'You are still signed in: the service is away.' });
    expect(screen.getByRole('alert')).toHaveTextContent('You are still signed in: the service is away.');
  });
});
