import { act, render, screen } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { lazyPart, type LazyPart } from '@fleetdeck/react';
import { pass } from '../testing/page.ts';
import { LazyPage } from './LazyPage.tsx';

const restart = jest.fn();

function open(page: LazyPart<string>): void {
  render(
    <LazyPage title="Alerts" page={page} onRestart={restart}>
      {(text) => <h1>{text}</h1>}
    </LazyPage>,
  );
}

afterEach(() => {
  jest.useRealTimers();
});

describe('a page whose code is loaded when it is opened', () => {
  it('has its heading while it is loaded, and is drawn once it is there', async () => {
    let arrive = (_: string): void => undefined;
    open(lazyPart(() => new Promise<string>((resolve) => (arrive = resolve))));
    expect(screen.getByRole('heading', { name: 'Alerts' })).toBeVisible();
    expect(screen.getByText('Loading…')).toBeVisible();
    await act(() => Promise.resolve(arrive('All of it')));
    expect(screen.getByRole('heading', { level: 1 })).toHaveTextContent('All of it');
  });

  it('says that it could not be loaded, is tried again, and offers a new start', async () => {
    jest.useFakeTimers();
    const load = jest.fn(() => Promise.reject<string>(new Error('offline')));
    open(lazyPart(load));
    await pass(0);
    expect(screen.getByRole('alert')).toHaveTextContent('This page could not be loaded');
    const user = userEvent.setup({ advanceTimers: jest.advanceTimersByTime });
    await user.click(screen.getByRole('button', { name: 'Load the dashboard anew' }));
    expect(restart).toHaveBeenCalledTimes(1);
    load.mockResolvedValue('All of it');
    await pass(30_000);
    expect(screen.getByRole('heading', { level: 1 })).toHaveTextContent('All of it');
  });
});
