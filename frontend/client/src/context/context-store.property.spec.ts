import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FakeTabs } from '../testing/fake-tabs.ts';
import { ContextStore } from './context-store.ts';
import type { ContextChange } from './context-types.ts';

const settle = async (): Promise<void> => {
  for (let i = 0; i < 10; i += 1) await Promise.resolve();
};

const tab = fc.nat(1);
const id = fc.constantFrom('a', 'b', 'c');
const command = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('set' as const), tab, id }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('deliver' as const), tab }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('answer' as const), tab, allowed: fc.boolean() }) },
  fc.record({ do: fc.constantFrom('clear' as const, 'pin' as const, 'unpin' as const), tab }),
  fc.record({ do: fc.constant('wipe' as const), tab }),
);

/** A tab whose guard answers when the test says so, if it has one. */
function openTab(tabs: FakeTabs, guarded: boolean) {
  const own = tabs.open();
  const store = new ContextStore({ app: 'shop', host: own.host });
  const changes: ContextChange[] = [];
  const questions: ((allowed: boolean) => void)[] = [];
  const signals: AbortSignal[] = [];
  store.on('change', (change) => {
    changes.push(change);
    signals.push(store.signal);
  });
  if (guarded) store.onBeforeChange(() => new Promise((answer) => void questions.push(answer)));
  return { own, store, changes, questions, signals };
}

describe('two tabs, whatever happens in whatever order', () => {
  it('agree in the end, or say where they differ, and tell every change once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 40 }), fc.nat(3), async (commands, guards) => {
        const tabs = new FakeTabs();
        const both = [openTab(tabs, (guards & 1) === 1), openTab(tabs, (guards & 2) === 2)];
        for (const each of commands) {
          const at = both[each.tab]!;
          if (each.do === 'set') void at.store.set(each.id);
          else if (each.do === 'deliver') at.own.deliver();
          else if (each.do === 'answer') at.questions.shift()?.(each.allowed);
          else if (each.do === 'wipe') tabs.wipe();
          else void at.store[each.do]();
          await settle();
        }
        for (let moved = true; moved;) {
          moved = false;
          for (const { own, questions } of both) {
            while (own.deliver()) moved = true;
            for (const answer of questions.splice(0)) answer((moved = true));
            await settle();
          }
        }

        const text = tabs.stored.get('fleetdeck:shop:v1:context');
        const stored = text === undefined ? null : (JSON.parse(text) as { id: string }).id;
        for (const { store, changes, signals } of both) {
          const { id: now, pinned, elsewhere, generation, switching } = store.getSnapshot();
          expect(switching).toBe(false);
          if (!pinned && now !== stored) expect(elsewhere).toMatchObject({ id: stored, followed: false });
          if (elsewhere !== null && !elsewhere.followed) expect(elsewhere.id).not.toBe(now);
          expect(generation).toBe(changes.length);
          changes.forEach((change, index) => {
            expect(change.previous).toBe(changes[index - 1]?.id ?? null);
            expect(change.id).not.toBe(change.previous);
          });
          expect(changes.at(-1)?.id ?? null).toBe(now);
          expect(signals.map((signal) => signal.aborted)).toEqual(
            signals.map((_signal, index) => index < signals.length - 1),
          );
        }
      }),
      { numRuns: 500 },
    );
  });
});
