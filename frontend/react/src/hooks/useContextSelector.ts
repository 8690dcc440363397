import { useContext, useMemo, useSyncExternalStore } from 'react';
import type { ContextSnapshot } from '@fleetdeck/client';
import type { ContextSelectorProps } from '../components/context-selector/ContextSelector.tsx';
import { ServicesContext, type ContextSource } from './services.ts';

/** What {@link useContextSelector} answers. */
export interface ContextSelection {
  /** The chosen context, `null` for none; `undefined` on a server and at the first render of its page. */
  context: string | null | undefined;
  /** Counts the changes: what was asked for under another generation is out of date. */
  generation: number;
  /** This tab keeps its own context. */
  pinned: boolean;
  /** Switches; `false` when a guard refused. Throws a `RangeError` for what is no id. */
  set: (id: string) => Promise<boolean>;
  /** Goes back to the default context. */
  clear: () => Promise<boolean>;
  /** Ends with the context it was read under: give it to the requests of that context. */
  signal: AbortSignal;
  /** Spread over a `ContextSelector`. */
  selectorProps: Required<
    Pick<
      ContextSelectorProps,
      | 'value'
      | 'clearedValue'
      | 'onChange'
      | 'favourites'
      | 'onToggleFavourite'
      | 'recent'
      | 'pinned'
      | 'onUnpin'
      | 'onPin'
      | 'switching'
      | 'elsewhere'
      | 'onKeep'
      | 'onFollow'
      | 'onDismissElsewhere'
    >
  >;
}

const onServer = (): ContextSnapshot | undefined => undefined;

/**
 * The context that the portal is filtered to, and what a `ContextSelector` needs to show and change it.
 *
 * @param store - a `ContextStore` of `@fleetdeck/client`; by default the provider's
 * @throws Error when there is no store
 * @example
 * const { context, signal, selectorProps } = useContextSelector();
 * return <ContextSelector label="Agent" options={agents} {...selectorProps} />;
 */
export function useContextSelector(store?: ContextSource): ContextSelection {
  const { context: provided } = useContext(ServicesContext);
  const used = store ?? provided;
  if (used === null) {
    throw new Error(
      'useContextSelector needs a store: give it one, or render it inside <FleetdeckProvider context={new ContextStore({ app })}>.',
    );
  }
  const snapshot = useSyncExternalStore<ContextSnapshot | undefined>(
    used.subscribe,
    used.getSnapshot,
    onServer,
  );
  const actions = useMemo(
    () => ({
      set: (id: string) => used.set(id),
      clear: () => used.clear(),
      onChange: (id: string | null) => void (id === null ? used.clear() : used.set(id)),
      onToggleFavourite: (id: string) => used.toggleFavourite(id),
      onUnpin: () => void used.unpin(),
      onPin: () => void used.pin(),
      onKeep: (id: string | null) => void used.pin(id),
      onFollow: () => void used.unpin(),
      onDismissElsewhere: () => used.dismissElsewhere(),
    }),
    [used],
  );
  const { set, clear, ...handlers } = actions;
  return {
    context: snapshot?.id,
    generation: snapshot?.generation ?? 0,
    pinned: snapshot?.pinned ?? false,
    set,
    clear,
    signal: used.signal,
    selectorProps: {
      ...handlers,
      value: snapshot?.id ?? null,
      // At its default a store has nothing to clear.
      clearedValue: snapshot?.source === 'default' ? snapshot.id : null,
      favourites: snapshot?.favourites ?? NO_IDS,
      recent: snapshot?.recent ?? NO_IDS,
      pinned: snapshot?.pinned ?? false,
      switching: snapshot?.switching ?? false,
      elsewhere: snapshot?.elsewhere ?? null,
    },
  };
}

const NO_IDS: readonly string[] = [];
