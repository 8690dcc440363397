import type { ContextHost } from './context-host.ts';

/** Where the current context came from, strongest first. */
export type ContextSource = 'url' | 'tab' | 'stored' | 'default';

/** Who caused a change: this page, the page's address, or another tab. */
export type ContextOrigin = 'here' | 'url' | 'other-tab';

/** A switch from one context to another; `null` is no context. */
export interface ContextChange {
  readonly id: string | null;
  readonly previous: string | null;
  readonly origin: ContextOrigin;
  /** Counts the changes of this store: an answer asked for under another generation is out of date. */
  readonly generation: number;
}

/** What another tab did, for a notice. */
export interface ContextElsewhere {
  /** What the other tab switched to. */
  readonly id: string | null;
  /** Whether this tab went along. It does not while it is pinned, or when a guard refused. */
  readonly followed: boolean;
  /** What this tab had before. */
  readonly previous: string | null;
}

/** A store at one moment. It is a new object when something changed, the same one otherwise. */
export interface ContextSnapshot {
  readonly id: string | null;
  readonly source: ContextSource;
  /** This tab keeps its own context and does not follow the others. */
  readonly pinned: boolean;
  readonly generation: number;
  /** A guard was asked and has not answered yet. */
  readonly switching: boolean;
  /** What another tab did since this tab last chose; `null` when nothing, or dismissed. */
  readonly elsewhere: ContextElsewhere | null;
  /** The contexts used last, newest first, at most 5. */
  readonly recent: readonly string[];
  /** At most 50, in the order in which they were added. */
  readonly favourites: readonly string[];
  /** `false` when the browser refused to store something: a reload forgets it. */
  readonly persistent: boolean;
}

/**
 * Asked before a change; `false` keeps the context, as for unsaved work. `signal` ends when the question is out of
 * date, so that a dialog can close. A guard that fails keeps the context too.
 */
export type ContextGuard = (
  change: Omit<ContextChange, 'generation'>,
  signal: AbortSignal,
) => boolean | Promise<boolean>;

/** What a `ContextStore` takes. */
export interface ContextStoreOptions {
  /** Name of the portal, so that two portals of one origin keep apart. */
  app: string;
  /** Raise it when old ids mean nothing any more; what was stored under another version is ignored. @default 1 */
  version?: number;
  /** The context where none was chosen. @default null */
  defaultId?: string | null;
  /** Parameter of the address that names the context; `null` for none. @default 'context' */
  parameter?: string | null;
  /** @default the browser */
  host?: ContextHost;
}
