import { act, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { describe, expect, it, jest } from '@jest/globals';
import { fleet } from '../../testing/contexts.ts';

let online = false;
jest.unstable_mockModule('./ContextPanel.tsx', () => {
  if (!online) throw new TypeError('Failed to fetch dynamically imported module');
  return { ContextPanel: () => <i data-testid="panel" /> };
});
const { ContextSelector } = await import('./ContextSelector.tsx');

describe('a ContextSelector whose list cannot be loaded', () => {
  it('says so, closes on Escape, and shows the list at the next try', async () => {
    render(<ContextSelector label="Agent" options={fleet} value="billing-03" />);
    const button = screen.getByRole('button', { name: 'Agent: Billing 03' });
    fireEvent.pointerEnter(button);
    await userEvent.click(button);
    expect(await screen.findByRole('alert')).toHaveTextContent('The list could not be loaded.');
    act(() => screen.getByRole('button', { name: 'Try again' }).focus());
    await userEvent.keyboard('{Escape}');
    expect(button).toHaveAttribute('aria-expanded', 'false');
    expect(button).toHaveFocus();
    await userEvent.click(button);
    online = true;
    await userEvent.click(await screen.findByRole('button', { name: 'Try again' }));
    await waitFor(() => expect(screen.getByTestId('panel')).toBeInTheDocument());
    expect(screen.queryByRole('alert')).toBeNull();
  });
});
