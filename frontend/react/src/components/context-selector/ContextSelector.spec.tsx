import { createRef } from 'react';
import { act, fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { ContextStore } from '@fleetdeck/client';
import { FakeTabs } from '@fleetdeck/client/testing';
import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { useContextSelector } from '../../hooks/useContextSelector.ts';
import { defaultEnvironment, EnvironmentContext } from '../../environment.ts';
import { fleet, manyContexts } from '../../testing/contexts.ts';
import { pseudoMessages, unmarked } from '../../testing/pseudo.ts';
import { ContextSelector } from './ContextSelector.tsx';
import type { ContextOption } from './contextOptions.ts';

const announce = jest.fn();
const environment = { ...defaultEnvironment, announcer: { announce } };
const draw = (element: React.ReactNode) =>
  render(<EnvironmentContext value={environment}>{element}</EnvironmentContext>);
const button = (): HTMLElement => screen.getAllByRole('button')[0]!;
const open = async (): Promise<HTMLElement> => {
  await userEvent.click(button());
  return screen.findByRole('combobox', {}, { timeout: 10_000 });
};
/** Lets what was just done come to its end, promises included. */
const settle = (work: () => void): Promise<void> => act(() => Promise.resolve(work()));
const options = (): (string | null)[] => screen.queryAllByRole('option').map((each) => each.textContent);

beforeEach(() => {
  announce.mockClear();
});

describe('ContextSelector', () => {
  it('shows what is chosen, and says when that is no longer there', () => {
    const { rerender } = render(<ContextSelector label="Agent" options={fleet} value="billing-03" />);
    expect(button()).toHaveAccessibleName('Agent: Billing 03');
    rerender(<ContextSelector label="Agent" options={fleet} value={null} />);
    expect(button()).toHaveAccessibleName('Agent: All');
    rerender(<ContextSelector label="Agent" options={fleet} value="gone" />);
    expect(button()).toHaveAccessibleName('Agent: gone not available');
    // Before the options are there, nobody can say that.
    rerender(<ContextSelector label="Agent" options={[]} state="loading" value="gone" />);
    expect(button()).toHaveAccessibleName('Agent: gone');
    rerender(<ContextSelector label="Agent" options={fleet} value="checkout-01" />);
    expect(button()).toHaveAccessibleName('Agent: Checkout 01 Critical');
  });

  it('hands ref, class and attributes to its box, and its state as data', () => {
    const ref = createRef<HTMLDivElement>();
    const { container } = render(
      <ContextSelector ref={ref} className="mine" data-x="1" pinned switching options={fleet} />,
    );
    expect(container.firstElementChild).toBe(ref.current);
    expect(ref.current).toHaveClass('fd-context', 'mine');
    expect(ref.current).toHaveAttribute('data-x', '1');
    expect(ref.current).toHaveAttribute('data-pinned', 'true');
    expect(ref.current).toHaveAttribute('data-switching', 'true');
  });

  it('chooses by mouse, tells it, closes and gives the focus back', async () => {
    const onChange = jest.fn();
    draw(<ContextSelector label="Agent" options={fleet} onChange={onChange} />);
    await open();
    await userEvent.click(screen.getByRole('option', { name: 'Refund 07 Contoso In progress' }));
    expect(onChange.mock.calls).toEqual([['refund-07']]);
    expect(screen.queryByRole('combobox')).toBeNull();
    expect(button()).toHaveFocus();
    expect(button()).toHaveTextContent('Refund 07');
  });

  it('leaves a controlled choice to its owner, and tells nothing when the same is chosen', async () => {
    const onChange = jest.fn();
    draw(<ContextSelector label="Agent" options={fleet} value="billing-03" onChange={onChange} />);
    await open();
    expect(screen.getByRole('option', { selected: true })).toHaveTextContent('Billing 03');
    await userEvent.keyboard('{Enter}');
    expect(onChange).not.toHaveBeenCalled();
    await open();
    await userEvent.keyboard('{ArrowDown}{Enter}');
    expect(onChange).toHaveBeenCalledWith('checkout-01');
    expect(button()).toHaveTextContent('Billing 03');
  });

  it('opens with what is typed on the button, searches, and says how many were found', async () => {
    draw(<ContextSelector label="Agent" options={fleet} />);
    button().focus();
    await userEvent.keyboard('c');
    const search = await screen.findByRole('combobox');
    await waitFor(() => expect(search).toHaveFocus());
    await userEvent.keyboard('ontoso');
    expect(search).toHaveValue('contoso');
    expect(options()).toHaveLength(2);
    await waitFor(() => expect(announce).toHaveBeenCalledWith('2 results', 'context-results'));
    await userEvent.clear(search);
    await userEvent.type(search, 'nobody');
    expect(screen.getByText('Nothing matches "nobody".')).toBeInTheDocument();
    await waitFor(() =>
      expect(announce).toHaveBeenCalledWith('Nothing matches "nobody".', 'context-results'),
    );
  });

  it('opens by arrow keys and by its shortcut, which other keys are not', async () => {
    draw(<ContextSelector label="Agent" options={fleet} shortcut />);
    fireEvent.keyDown(document, { key: 'k' });
    fireEvent.keyDown(document, { key: 'j', ctrlKey: true });
    fireEvent.keyDown(document, { key: 'k', ctrlKey: true, shiftKey: true });
    expect(button()).toHaveAttribute('aria-expanded', 'false');
    fireEvent.keyDown(document, { key: 'k', ctrlKey: true });
    expect(button()).toHaveAttribute('aria-expanded', 'true');
    await screen.findByRole('combobox');
    await userEvent.keyboard('{Escape}');
    expect(button()).toHaveAttribute('aria-expanded', 'false');
    fireEvent.keyDown(button(), { key: 'ArrowDown' });
    expect(button()).toHaveAttribute('aria-expanded', 'true');
    fireEvent.keyDown(button(), { key: 'Shift' });
  });

  it('leaves Ctrl+K on a Mac to the text fields there', () => {
    const platform = jest.spyOn(navigator, 'platform', 'get').mockReturnValue('MacIntel');
    draw(<ContextSelector label="Agent" options={fleet} shortcut />);
    fireEvent.keyDown(document, { key: 'k', ctrlKey: true });
    expect(button()).toHaveAttribute('aria-expanded', 'false');
    fireEvent.keyDown(document, { key: 'k', metaKey: true });
    expect(button()).toHaveAttribute('aria-expanded', 'true');
    platform.mockRestore();
  });

  it('says once what becomes of its list, however often its owner draws it with words of its own', async () => {
    const element = (state: 'ready' | 'loading' | 'error') => (
      <EnvironmentContext value={environment}>
        <ContextSelector
          {...{ state, options: fleet }}
          label="Agent"
          defaultOpen
          messages={{ context: { search: 'Find' } }}
        />
      </EnvironmentContext>
    );
    const { rerender } = render(element('loading'));
    await screen.findByRole('combobox', {}, { timeout: 10_000 });
    rerender(element('loading'));
    rerender(element('error'));
    rerender(element('error'));
    expect(announce.mock.calls.map(([text]) => text)).toEqual([
      'Loading',
      expect.stringContaining('could not'),
    ]);
    rerender(element('ready'));
    jest.useFakeTimers();
    fireEvent.change(screen.getByRole('combobox'), { target: { value: 'refund' } });
    for (let round = 0; round < 4; round += 1) {
      act(() => void jest.advanceTimersByTime(200));
      rerender(element('ready'));
    }
    jest.useRealTimers();
    expect(announce).toHaveBeenLastCalledWith('1 result', 'context-results');
  });

  it('closes on a press outside and when the focus leaves, and chooses nothing', async () => {
    const onChange = jest.fn();
    draw(
      <>
        <ContextSelector label="Agent" options={fleet} onChange={onChange} />
        <a href="#elsewhere">elsewhere</a>
      </>,
    );
    await open();
    fireEvent.pointerDown(document.body);
    expect(screen.queryByRole('combobox')).toBeNull();
    await open();
    act(() => screen.getByText('elsewhere').focus());
    expect(screen.queryByRole('combobox')).toBeNull();
    expect(onChange).not.toHaveBeenCalled();
    await userEvent.click(button());
    await userEvent.click(button());
    expect(button()).toHaveAttribute('aria-expanded', 'false');
  });

  it('clears, says so, and takes it back', async () => {
    const onChange = jest.fn();
    draw(<ContextSelector label="Agent" options={fleet} defaultValue="billing-03" onChange={onChange} />);
    await userEvent.click(screen.getByRole('button', { name: 'Clear Billing 03' }));
    expect(onChange).toHaveBeenLastCalledWith(null);
    expect(announce).toHaveBeenCalledWith('Cleared. You can undo this.', 'context-cleared');
    await userEvent.click(screen.getByRole('button', { name: 'Back to Billing 03' }));
    expect(onChange).toHaveBeenLastCalledWith('billing-03');
    expect(button()).toHaveFocus();
  });

  it('can be open at first, and tells when that changes', async () => {
    const onOpenChange = jest.fn();
    draw(<ContextSelector label="Agent" options={fleet} defaultOpen onOpenChange={onOpenChange} />);
    await screen.findByRole('combobox');
    expect(button()).toHaveAttribute('aria-expanded', 'true');
    await userEvent.keyboard('{Escape}');
    expect(screen.queryByRole('combobox')).toBeNull();
    fireEvent.keyDown(button(), { key: 'c' });
    fireEvent.keyDown(button(), { key: 'o' });
    expect(onOpenChange.mock.calls).toEqual([[false], [true]]);
  });

  it('leaves to its owner whether it is open, and begins each search anew', async () => {
    const onOpenChange = jest.fn();
    const element = (open: boolean) => (
      <EnvironmentContext value={environment}>
        <ContextSelector label="Agent" options={fleet} open={open} onOpenChange={onOpenChange} />
      </EnvironmentContext>
    );
    const { rerender } = render(element(false));
    fireEvent.keyDown(button(), { key: 'c' });
    expect(onOpenChange.mock.calls).toEqual([[true]]);
    expect(button()).toHaveAttribute('aria-expanded', 'false');
    rerender(element(true));
    expect(await screen.findByRole('combobox')).toHaveValue('');
    await userEvent.keyboard('{Escape}');
    expect(onOpenChange).toHaveBeenLastCalledWith(false);
    expect(screen.getByRole('combobox')).toBeInTheDocument();
    rerender(element(false));
    expect(screen.queryByRole('combobox')).toBeNull();
  });

  it('marks the chosen one as favourite', async () => {
    const onToggleFavourite = jest.fn();
    const { rerender } = draw(
      <ContextSelector options={fleet} value="billing-03" {...{ onToggleFavourite }} clearable={false} />,
    );
    await userEvent.click(screen.getByRole('button', { name: 'Add Billing 03 to favourites' }));
    expect(onToggleFavourite).toHaveBeenCalledWith('billing-03');
    rerender(
      <ContextSelector
        options={fleet}
        value="billing-03"
        favourites={['billing-03']}
        {...{ onToggleFavourite }}
      />,
    );
    expect(screen.getByRole('button', { name: 'Remove Billing 03 from favourites' })).toHaveAttribute(
      'aria-pressed',
      'true',
    );
  });

  it('groups favourites, recent and all, and shows a footer', async () => {
    draw(<ContextSelector options={fleet} favourites={['triage-12']} recent={['refund-07']} footer="foot" />);
    await open();
    expect(screen.getAllByRole('group').map((group) => group.textContent?.slice(0, 6))).toEqual([
      'Favour',
      'Recent',
      'AllBil',
    ]);
    expect(screen.getByRole('group', { name: 'Recent' })).toHaveTextContent('Refund 07');
    expect(screen.getByText('foot')).toBeInTheDocument();
  });

  it('says that another tab switched, once, and offers the other way', async () => {
    const acts = { onKeep: jest.fn(), onFollow: jest.fn(), onDismissElsewhere: jest.fn() };
    const went = { id: 'checkout-01', followed: true, previous: 'billing-03' };
    const { rerender } = draw(
      <ContextSelector options={fleet} value="checkout-01" elsewhere={went} {...acts} />,
    );
    await screen.findByRole('button', { name: 'Dismiss' });
    expect(announce.mock.calls).toEqual([['Another tab switched to Checkout 01.', 'context-elsewhere']]);
    await userEvent.click(screen.getByRole('button', { name: 'Keep Billing 03 in this tab' }));
    expect(acts.onKeep).toHaveBeenCalledWith('billing-03');
    await userEvent.click(screen.getByRole('button', { name: 'Dismiss' }));
    expect(acts.onDismissElsewhere).toHaveBeenCalledTimes(1);
    rerender(
      <ContextSelector
        options={fleet}
        value="billing-03"
        elsewhere={{ ...went, id: null, followed: false }}
        {...acts}
      />,
    );
    await userEvent.click(screen.getByRole('button', { name: 'Switch to All' }));
    expect(acts.onFollow).toHaveBeenCalledWith(null);
  });

  it('lets a pinned tab follow the others again', async () => {
    const onUnpin = jest.fn();
    draw(<ContextSelector options={fleet} value="billing-03" pinned onUnpin={onUnpin} />);
    await open();
    await userEvent.click(screen.getByRole('button', { name: 'Follow the other tabs' }));
    expect(onUnpin).toHaveBeenCalledTimes(1);
    expect(button()).toHaveFocus();
  });

  it('pins this tab where its owner can', async () => {
    const onPin = jest.fn();
    draw(<ContextSelector options={fleet} value="billing-03" onPin={onPin} />);
    await open();
    await userEvent.click(screen.getByRole('button', { name: 'Keep in this tab only' }));
    expect(onPin).toHaveBeenCalledTimes(1);
    expect(button()).toHaveFocus();
  });

  it('gathers what is typed on the button until its list is there', async () => {
    draw(<ContextSelector label="Agent" options={fleet} />);
    for (const key of 'con') fireEvent.keyDown(button(), { key });
    expect(await screen.findByRole('combobox')).toHaveValue('con');
  });

  it('says that it was cleared only when it was: a guard may keep what is chosen', async () => {
    const element = (value: string | null) => (
      <EnvironmentContext value={environment}>
        <ContextSelector label="Agent" options={fleet} value={value} />
      </EnvironmentContext>
    );
    const { rerender } = render(element('billing-03'));
    await userEvent.click(screen.getByRole('button', { name: 'Clear Billing 03' }));
    expect(announce).not.toHaveBeenCalled();
    rerender(element(null));
    expect(announce.mock.calls).toEqual([['Cleared. You can undo this.', 'context-cleared']]);
    expect(screen.getByRole('button', { name: 'Back to Billing 03' })).toBeInTheDocument();
  });

  it('takes back to where it was what was cleared to a default, and has no cross on the default', async () => {
    const store = new ContextStore({ app: 'shop', host: new FakeTabs().open().host, defaultId: 'refund-07' });
    const Fed = () => (
      <ContextSelector label="Agent" options={fleet} {...useContextSelector(store).selectorProps} />
    );
    draw(<Fed />);
    expect(button()).toHaveTextContent('Refund 07');
    expect(screen.queryByRole('button', { name: /^Clear/ })).toBeNull();
    await act(() => store.set('billing-03'));
    await userEvent.click(screen.getByRole('button', { name: 'Clear Billing 03' }));
    expect(button()).toHaveTextContent('Refund 07');
    expect(announce).toHaveBeenLastCalledWith('Cleared. You can undo this.', 'context-cleared');
    expect(screen.queryByRole('button', { name: /^Clear/ })).toBeNull();
    await userEvent.click(screen.getByRole('button', { name: 'Back to Billing 03' }));
    expect(button()).toHaveTextContent('Billing 03');
  });

  describe('in a pinned tab whose store has a default', () => {
    const pinned = async () => {
      const store = new ContextStore({
        app: 'shop',
        host: new FakeTabs().open().host,
        defaultId: 'refund-07',
      });
      await store.pin('billing-03');
      const Fed = () => (
        <ContextSelector label="Agent" options={fleet} {...useContextSelector(store).selectorProps} />
      );
      draw(<Fed />);
      return store;
    };
    const clear = () => userEvent.click(screen.getByRole('button', { name: 'Clear Billing 03' }));

    it('takes back what was cleared, says so, and has no cross on the default', async () => {
      await pinned();
      await clear();
      expect(button()).toHaveTextContent('Refund 07');
      expect(announce).toHaveBeenLastCalledWith('Cleared. You can undo this.', 'context-cleared');
      expect(screen.queryByRole('button', { name: /^Clear/ })).toBeNull();
      await userEvent.click(screen.getByRole('button', { name: 'Back to Billing 03' }));
      expect(button()).toHaveTextContent('Billing 03');
      expect(screen.queryByRole('button', { name: /^Back/ })).toBeNull();
      await clear();
      expect(screen.getByRole('button', { name: 'Back to Billing 03' })).toBeInTheDocument();
    });

    it('takes no later choice for the default where a guard refused, at once or after a while', async () => {
      const store = await pinned();
      let refuse: (answer: boolean) => void = () => undefined;
      for (const answer of [false, new Promise<boolean>((resolve) => void (refuse = resolve))]) {
        const free = store.onBeforeChange(() => answer);
        await clear();
        await settle(() => refuse(false));
        free();
        await act(() => store.set('intake-02'));
        expect(button()).toHaveTextContent('Intake 02');
        expect(screen.queryByRole('button', { name: /^Back/ })).toBeNull();
        expect(announce).not.toHaveBeenCalled();
        await act(() => store.set('billing-03'));
      }
    });
  });

  it('takes the statuses of a list that is too old as unknown, and says of when it is', async () => {
    const at = { asOf: '2026-01-15T14:01:00Z', timeZone: 'UTC', now: '2026-01-15T14:07:12Z' };
    const element = (more: object) => (
      <ContextSelector label="Agent" options={fleet} value="billing-03" {...at} {...more} />
    );
    const { container, rerender } = draw(element({ staleAfterMs: 600_000 }));
    expect(button()).toHaveAccessibleName('Agent: Billing 03');
    expect(container.firstElementChild).not.toHaveAttribute('data-stale');
    await open();
    expect(screen.getByRole('dialog')).not.toHaveAccessibleDescription();

    rerender(
      <EnvironmentContext value={environment}>{element({ staleAfterMs: 60_000 })}</EnvironmentContext>,
    );
    expect(container.firstElementChild).toHaveAttribute('data-stale');
    expect(button()).toHaveTextContent('Agent: Billing 03Unknown, was Healthy, 6 min. ago');
    expect(screen.getByRole('dialog')).toHaveAccessibleDescription('As of 14:01 (6 min)');
    expect(screen.getByRole('option', { name: /^Checkout 01/ })).toHaveTextContent(
      'Checkout 01 Northwind Unknown, was Critical',
    );

    rerender(
      <EnvironmentContext value={environment}>{element({ stale: true, asOf: null })}</EnvironmentContext>,
    );
    expect(button()).toHaveTextContent('Agent: Billing 03Unknown, was Healthy');
    expect(screen.getByRole('dialog')).toHaveAccessibleDescription('The statuses may no longer be so.');
  });

  it('says that the chosen one is gone where the service says so', () => {
    const load = () => Promise.resolve(fleet);
    const { rerender } = draw(<ContextSelector label="Agent" loadOptions={load} value="gone" />);
    expect(button()).toHaveAccessibleName('Agent: gone');
    rerender(<ContextSelector label="Agent" loadOptions={load} value="gone" selected={null} />);
    expect(button()).toHaveAccessibleName('Agent: gone not available');
  });

  it('draws all of a list that is not long, whatever headings it has', async () => {
    draw(<ContextSelector options={manyContexts(199)} favourites={['agent-7']} />);
    await open();
    expect(document.querySelectorAll('.fd-context-option')).toHaveLength(200);
  });

  it('draws only what is in view of a long list, whose options tell their section', async () => {
    // A size for the list: nothing is laid out here, and nothing scrolls.
    Element.prototype.scrollTo = () => undefined;
    const height = jest.spyOn(Element.prototype, 'clientHeight', 'get').mockReturnValue(320);
    const rows = jest.spyOn(HTMLElement.prototype, 'offsetHeight', 'get').mockReturnValue(36);
    draw(<ContextSelector options={manyContexts(5_000)} favourites={['agent-7']} />);
    await open();
    await waitFor(() => expect(document.querySelector('.fd-context-virtual')).not.toBeNull(), {
      timeout: 10_000,
    });
    expect(options().length).toBeLessThan(60);
    expect(screen.getAllByRole('option')[0]).toHaveAttribute('aria-setsize', '5001');
    expect(document.querySelector('.fd-context-heading')).toHaveTextContent('Favourites');
    const [first, second] = screen.getAllByRole('option');
    expect(first).toHaveAccessibleDescription('Favourites');
    expect(second).toHaveAccessibleDescription('All');
    height.mockRestore();
    rows.mockRestore();
  });

  it('has no English of its own', async () => {
    const { container } = draw(
      <ContextSelector
        options={[]}
        value="x"
        pinned
        switching
        messages={pseudoMessages}
        onToggleFavourite={() => undefined}
        onUnpin={() => undefined}
        elsewhere={{ id: null, followed: false, previous: null }}
        onFollow={() => undefined}
        onDismissElsewhere={() => undefined}
      />,
    );
    await open();
    expect(unmarked(container.textContent ?? '').replaceAll(/[\sx]/g, '')).toBe('');
    for (const named of container.querySelectorAll('[aria-label], [placeholder]'))
      expect(named.getAttribute('aria-label') ?? named.getAttribute('placeholder')).toContain('⟦');
  });
});

describe('options that are asked for', () => {
  interface Asked {
    query: string;
    signal: AbortSignal;
    answer: (found: readonly ContextOption[]) => void;
    fail: (reason: Error) => void;
  }
  const asking = () => {
    const asked: Asked[] = [];
    const loadOptions = (query: string, signal: AbortSignal) =>
      new Promise<readonly ContextOption[]>(
        (answer, fail) => void asked.push({ query, signal, answer, fail }),
      );
    return { asked, loadOptions };
  };

  it('are asked for once typing rests; an answer that comes late is dropped', async () => {
    const { asked, loadOptions } = asking();
    draw(<ContextSelector label="Agent" loadOptions={loadOptions} />);
    const search = await open();
    expect(screen.getByText('Loading')).toBeInTheDocument();
    await waitFor(() => expect(asked).toHaveLength(1));
    await userEvent.type(search, 'ref');
    await waitFor(() => expect(asked).toHaveLength(2));
    expect(asked[1]?.query).toBe('ref');
    expect(asked[0]?.signal.aborted).toBe(true);
    await settle(() => asked[0]?.answer(fleet));
    expect(options()).toEqual([]);
    await settle(() => asked[1]?.answer([fleet[3]!]));
    expect(options()).toHaveLength(1);
    await userEvent.keyboard('{Enter}');
    // The list is gone, but what was chosen from it is still known.
    expect(button()).toHaveTextContent('Refund 07');
  });

  describe('keep what was marked', () => {
    const marks = { favourites: ['resume-04'], recent: ['refund-07', 'old-1'] };
    const page = fleet.slice(0, 2);
    const choose = async (name: RegExp): Promise<void> => {
      await open();
      await userEvent.click(await screen.findByRole('option', { name }));
    };
    const groupOf = (name: string) => within(screen.getByRole('group', { name })).getAllByRole('option');

    beforeEach(() => localStorage.clear());

    it('in the list, although the loader answered others', async () => {
      const { asked, loadOptions } = asking();
      draw(<ContextSelector label="Agent" loadOptions={loadOptions} {...marks} />);
      await open();
      // Before the answer too. Of what nobody ever chose here only the id is known.
      expect(groupOf('Favourites').map((each) => each.textContent)).toEqual([
        expect.stringContaining('resume-04'),
      ]);
      await waitFor(() => expect(asked).toHaveLength(1));
      await settle(() => asked[0]?.answer(page));
      expect(groupOf('Recent')).toHaveLength(2);
      expect(groupOf('All')).toHaveLength(2);
      expect(screen.queryByText('not available')).toBeNull();
    });

    it('by the label that it had when it was chosen, also on the next visit', async () => {
      const loadOptions = () => Promise.resolve(fleet);
      const first = draw(<ContextSelector label="Agent" loadOptions={loadOptions} />);
      await choose(/^Résumé 04/);
      await choose(/^Refund 07/);
      first.unmount();

      const onChange = jest.fn();
      draw(
        <ContextSelector
          label="Agent"
          loadOptions={() => Promise.resolve(page)}
          {...marks}
          onChange={onChange}
        />,
      );
      await choose(/^Résumé 04 Zürich office$/);
      expect(onChange).toHaveBeenCalledWith('resume-04');
      expect(button()).toHaveTextContent('Résumé 04');
      await open();
      expect(groupOf('Recent').map((each) => each.textContent)).toEqual([
        expect.stringContaining('Refund 07'),
        expect.stringContaining('old-1'),
      ]);
    });

    it('as not available once the loader says so, and then it cannot be chosen', async () => {
      const onChange = jest.fn();
      const gone = { ...fleet[4]!, unavailable: true };
      draw(
        <ContextSelector
          label="Agent"
          loadOptions={() => Promise.resolve([...page, gone])}
          {...marks}
          onChange={onChange}
        />,
      );
      await open();
      const [marked] = await screen.findAllByRole('option', { name: /^Résumé 04 .*not available/ });
      expect(marked).toHaveAttribute('aria-disabled', 'true');
      await userEvent.click(marked!);
      expect(onChange).not.toHaveBeenCalled();
    });

    it('as not available where its owner says that the chosen one is gone', async () => {
      draw(
        <ContextSelector
          label="Agent"
          loadOptions={() => Promise.resolve(page)}
          {...marks}
          value="refund-07"
          selected={null}
        />,
      );
      await open();
      expect(await screen.findByRole('option', { name: 'refund-07 not available' })).toHaveAttribute(
        'aria-disabled',
        'true',
      );
    });

    it('of 60 contexts at most, in texts of 200 characters at most', async () => {
      const long = { id: 'long', label: 'L'.repeat(500), description: 'D'.repeat(500) };
      const stored = () => JSON.parse(localStorage.getItem('fleetdeck:contexts') ?? '[]') as ContextOption[];
      localStorage.setItem('fleetdeck:contexts', JSON.stringify(manyContexts(500)));
      draw(<ContextSelector label="Agent" loadOptions={() => Promise.resolve([long])} />);
      await choose(/^L/);
      expect(stored()).toHaveLength(60);
      expect(stored()[0]).toEqual({ id: 'long', label: 'L'.repeat(200), description: 'D'.repeat(200) });
      // A status is of the moment, and no label.
      expect(stored()[1]).toEqual({ id: 'agent-1', label: 'Agent 00001' });
    });

    it.each([
      ['is no JSON', '{'],
      ['is no list', '{"id":1}'],
      ['holds what is no option', '[null,{"id":7,"label":"x"},{"id":"refund-07"},"x"]'],
    ])('by its id where what is stored %s', async (_case, text) => {
      localStorage.setItem('fleetdeck:contexts', text);
      draw(<ContextSelector label="Agent" loadOptions={() => Promise.resolve(page)} {...marks} />);
      await open();
      expect(await screen.findByRole('option', { name: 'refund-07' })).toBeInTheDocument();
    });

    it('under a key of its own, or nowhere', async () => {
      const draws = (storageKey: string | null) =>
        draw(
          <ContextSelector label="Agent" loadOptions={() => Promise.resolve(page)} storageKey={storageKey} />,
        );
      const first = draws(null);
      await choose(/^Billing 03/);
      expect(localStorage).toHaveLength(0);
      first.unmount();
      draws('shop');
      await choose(/^Billing 03/);
      expect(Object.keys(localStorage)).toEqual(['shop']);
    });

    it('where the browser stores nothing, while the page is open', async () => {
      const full = jest.spyOn(Storage.prototype, 'setItem').mockImplementation(() => {
        throw new DOMException('full', 'QuotaExceededError');
      });
      draw(<ContextSelector label="Agent" loadOptions={() => Promise.resolve(fleet)} />);
      await choose(/^Refund 07/);
      expect(button()).toHaveTextContent('Refund 07');
      full.mockRestore();
    });
  });

  it('can be tried again after a failure', async () => {
    const { asked, loadOptions } = asking();
    draw(<ContextSelector label="Agent" loadOptions={loadOptions} selected={fleet[0]} value="billing-03" />);
    await open();
    await waitFor(() => expect(asked).toHaveLength(1));
    await settle(() => asked[0]?.fail(new Error('503')));
    expect(announce).toHaveBeenCalledWith('The list could not be loaded.', 'context-results');
    expect(button()).toHaveAccessibleName('Agent: Billing 03');
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    await waitFor(() => expect(asked).toHaveLength(2));
    await settle(() => asked[1]?.answer([]));
    expect(screen.getByText('There is nothing to choose from.')).toBeInTheDocument();
  });

  it('given as failed, tell their owner to try again', async () => {
    const onRetry = jest.fn();
    draw(<ContextSelector state="error" errorMessage="No answer." onRetry={onRetry} />);
    await open();
    expect(within(screen.getByRole('dialog')).getByText('No answer.')).toBeInTheDocument();
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    expect(onRetry).toHaveBeenCalledTimes(1);
  });
});
