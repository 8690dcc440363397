import { render, screen, waitFor } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { FakeService, ok, refusal, session } from '../testing/fake-service.ts';
import { SignInPage, type SignInReason } from './SignInPage.tsx';

let service: FakeService;
let onSignedIn: jest.Mock<() => void>;

function open(reason: SignInReason = 'signed-out'): void {
  render(<SignInPage reason={reason} http={service.http} onSignedIn={onSignedIn} />);
}

const field = () => screen.getByLabelText('Access token');
const button = () => screen.getByRole('button');

async function signInWith(token: string): Promise<void> {
  if (token !== '') await userEvent.type(field(), token);
  await userEvent.click(button());
}

beforeEach(() => {
  service = new FakeService();
  service.answers.set('POST /session', ok(session));
  onSignedIn = jest.fn<() => void>();
});

describe('SignInPage', () => {
  it.each([
    ['signed-out', 'Sign in', /live data to people who are signed in/],
    ['expired', 'Your session has ended', /Sign in again/],
    ['link', 'This sign-in link no longer works', /works once/],
  ] as const)('says why it is shown: %s', (reason, heading, explanation) => {
    open(reason);
    expect(screen.getByRole('heading', { level: 1, name: heading })).toBeVisible();
    expect(screen.getByText(explanation)).toBeVisible();
    expect(screen.getByText('npm run sign-in')).toBeVisible();
  });

  it('exchanges the token, without the space around it, and goes on', async () => {
    open();
    await signInWith('  secret ');
    await waitFor(() => expect(onSignedIn).toHaveBeenCalledTimes(1));
    expect(service.asked).toMatchObject([{ method: 'POST', path: '/session', body: { token: 'secret' } }]);
  });

  it('hides the token from people and from the memory of the browser', () => {
    open();
    expect(field()).toHaveAttribute('type', 'password');
    expect(field()).toHaveAttribute('autocomplete', 'off');
  });

  it.each(['', '   '])('asks for a token when the field holds %p', async (token) => {
    open();
    await signInWith(token);
    expect(screen.getByRole('alert')).toHaveTextContent('Paste a token first.');
    expect(field()).toBeInvalid();
    expect(field()).toHaveAccessibleDescription('Paste a token first.');
    expect(service.asked).toEqual([]);
  });

  it.each(['UNAUTHENTICATED', 'SESSION_EXPIRED'] as const)(
    'says that the token is of no use when the service answers %s, and lets another be tried',
    async (code) => {
      service.answers.set('POST /session', refusal(code));
      open();
      await signInWith('wrong');
      expect(await screen.findByRole('alert')).toHaveTextContent('That token is not valid, or has expired.');
      expect(onSignedIn).not.toHaveBeenCalled();
      service.answers.set('POST /session', ok(session));
      await signInWith('right');
      await waitFor(() => expect(onSignedIn).toHaveBeenCalledTimes(1));
      expect(screen.queryByRole('alert')).toBeNull();
    },
  );

  it('shows what the service says of another refusal', async () => {
    service.answers.set('POST /session', refusal('RATE_LIMITED', 'Too many attempts; try again in 60 s.'));
    open();
    await signInWith('x');
    expect(await screen.findByRole('alert')).toHaveTextContent('Too many attempts; try again in 60 s.');
  });

  it('says that the service cannot be reached', async () => {
    service.answers.set('POST /session', 'unreachable');
    open();
    await signInWith('x');
    expect(await screen.findByRole('alert')).toHaveTextContent('The service cannot be reached');
    expect(button()).toBeEnabled();
  });

  it('takes no second try while one is under way', async () => {
    service.answers.set('POST /session', 'never');
    open();
    await signInWith('x');
    expect(button()).toBeDisabled();
    expect(button()).toHaveTextContent('Signing in…');
    await userEvent.type(field(), '{Enter}');
    expect(service.count('POST /session')).toBe(1);
  });
});
