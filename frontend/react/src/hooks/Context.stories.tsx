import { useEffect, useState, useSyncExternalStore } from 'react';
import type { Meta, StoryObj } from '@storybook/react-vite';
import { expect, userEvent, waitFor, within } from 'storybook/test';
import { ContextStore } from '@fleetdeck/client';
import { FakeTabs } from '@fleetdeck/client/testing';
import { ContextSelector } from '../components/context-selector/ContextSelector.tsx';
import { fleet } from '../testing/contexts.ts';
import { useContextSelector } from './useContextSelector.ts';

/** Two tabs of one browser whose storage can be broken. */
class Browser {
  private readonly tabs = new FakeTabs();
  private readonly tab = this.tabs.open();
  readonly store = new ContextStore({ app: 'shop', host: this.tab.host });
  private readonly other = new ContextStore({ app: 'shop', host: this.tabs.open().host });
  private unguard: (() => void) | null = null;

  readonly faults: Readonly<Record<string, () => void>> = {
    'The other tab takes triage-12': () => void this.other.set('triage-12').then(() => this.deliver()),
    'Storage is full': () => {
      this.tabs.full = new DOMException('The quota has been exceeded.', 'QuotaExceededError');
    },
    'Storage is blocked': () => {
      this.tabs.blocked = new DOMException('The operation is insecure.', 'SecurityError');
    },
    'Work is not saved': () => {
      this.unguard ??= this.store.onBeforeChange(() => false);
    },
    'Everything is removed': () => {
      this.tabs.wipe();
      this.deliver();
    },
    Mend: () => {
      this.tabs.full = this.tabs.blocked = null;
      this.unguard?.();
      this.unguard = null;
    },
  };

  close(): void {
    this.store.close();
    this.other.close();
  }

  private deliver(): void {
    while (this.tab.deliver());
  }
}

function State({ browser }: { browser: Browser }) {
  const { context, generation, pinned, signal, selectorProps } = useContextSelector(browser.store);
  const { source, switching, persistent, recent } = useSyncExternalStore(
    browser.store.subscribe,
    browser.store.getSnapshot,
  );
  const [ended, setEnded] = useState(0);
  useEffect(() => {
    const count = (): void => setEnded((before) => before + 1);
    signal.addEventListener('abort', count);
    return () => signal.removeEventListener('abort', count);
  }, [signal]);
  const told: Readonly<Record<string, string>> = {
    context: context ?? 'none',
    'comes from': source,
    generation: String(generation),
    pinned: pinned ? 'yes' : 'no',
    switching: switching ? 'yes' : 'no',
    'survives a reload': persistent ? 'yes' : 'no',
    'signals ended': String(ended),
    'used last': recent.join(', ') || 'none',
  };
  return (
    <div style={{ display: 'grid', gap: 12, justifyItems: 'start' }}>
      <ContextSelector label="Agent" options={fleet} {...selectorProps} />
      <table>
        <tbody>
          {Object.entries(told).map(([name, value]) => (
            <tr key={name}>
              <th scope="row" style={{ textAlign: 'start', paddingInlineEnd: 16, fontWeight: 400 }}>
                {name}
              </th>
              <td data-testid={name}>{value}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <div style={{ display: 'flex', flexWrap: 'wrap', gap: 8 }}>
        <button type="button" onClick={() => void browser.store.set('billing-03')}>
          Take billing-03
        </button>
        {Object.entries(browser.faults).map(([name, cause]) => (
          <button key={name} type="button" onClick={cause}>
            {name}
          </button>
        ))}
      </div>
    </div>
  );
}

function Context() {
  const [browser] = useState(() => new Browser());
  useEffect(() => () => browser.close(), [browser]);
  return <State browser={browser} />;
}

/** The context of a portal in two tabs: what a tab knows, whatever its storage does. */
const meta = { title: 'Hooks/Context', component: Context } satisfies Meta<typeof Context>;

export default meta;
type Story = StoryObj<typeof meta>;

export const BreakIt: Story = {};

/** What the plays below press and read. */
function pageOf(canvasElement: HTMLElement) {
  const page = within(canvasElement);
  return {
    press: (name: string) => userEvent.click(page.getByRole('button', { name })),
    reads: (name: string, text: string) =>
      waitFor(() => expect(page.getByTestId(name)).toHaveTextContent(text)),
  };
}

/** This tab goes along, and what it had asked for ends. */
export const FollowsTheOtherTab: Story = {
  play: async ({ canvasElement }) => {
    const { press, reads } = pageOf(canvasElement);
    await press('Take billing-03');
    await reads('context', 'billing-03');
    await press('The other tab takes triage-12');
    await reads('context', 'triage-12');
    await reads('signals ended', '2');
  },
};

/** It is kept in memory, and the page can say that a reload forgets it. */
export const StorageIsFull: Story = {
  play: async ({ canvasElement }) => {
    const { press, reads } = pageOf(canvasElement);
    await press('Storage is full');
    await press('Take billing-03');
    await reads('context', 'billing-03');
    await reads('survives a reload', 'no');
  },
};

/** A guard keeps this tab where it is, and another tab cannot take it along either. */
export const WorkIsNotSaved: Story = {
  play: async ({ canvasElement }) => {
    const { press, reads } = pageOf(canvasElement);
    await press('Take billing-03');
    await press('Work is not saved');
    await press('The other tab takes triage-12');
    await waitFor(() => expect(canvasElement).toHaveTextContent('triage-12'));
    await reads('context', 'billing-03');
  },
};
