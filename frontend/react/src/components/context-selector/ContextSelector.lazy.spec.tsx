import { act, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { describe, expect, it, jest } from '@jest/globals';
import { defaultEnvironment, EnvironmentContext } from '../../environment.ts';
import { fleet } from '../../testing/contexts.ts';

let online = false;
jest.unstable_mockModule('./ContextPanel.tsx', () => {
  if (!online) throw new TypeError('Failed to fetch dynamically imported module');
  return { ContextPanel: () => <i data-testid="panel" /> };
});
const { ContextSelector } = await import('./ContextSelector.tsx');

describe('a ContextSelector whose list cannot be loaded', () => {
  it('says so, closes on Escape, and shows the list at the next try', async () => {
    const announce = jest.fn();
    render(
      <EnvironmentContext value={{ ...defaultEnvironment, announcer: { announce } }}>
        <ContextSelector label="Agent" options={fleet} value="billing-03" />
      </EnvironmentContext>,
    );
    const button = screen.getByRole('button', { name: 'Agent: Billing 03' });
    fireEvent.pointerEnter(button);
    await userEvent.click(button);
    expect(await screen.findByText('The list could not be loaded.')).toBeInTheDocument();
    expect(announce.mock.calls).toEqual([['The list could not be loaded.', 'context-failed']]);
    act(() => screen.getByRole('button', { name: 'Try again' }).focus());
    await userEvent.keyboard('{Escape}');
    expect(button).toHaveAttribute('aria-expanded', 'false');
    expect(button).toHaveFocus();
    await userEvent.click(button);
    online = true;
    await userEvent.click(await screen.findByRole('button', { name: 'Try again' }));
    await waitFor(() => expect(screen.getByTestId('panel')).toBeInTheDocument());
    expect(screen.queryByText('The list could not be loaded.')).toBeNull();
  });
});
