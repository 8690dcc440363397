import type { ReactNode } from 'react';
import { useLazyPart, type LazyPart } from '@fleetdeck/react';

interface LazyPageProps<T> {
  /** Heading while the page is not there. */
  title: string;
  page: LazyPart<T>;
  /** Draws it once it is there. */
  children: (page: T) => ReactNode;
  /** Loads the whole dashboard anew. */
  onRestart: () => void;
}

/** A page whose code is loaded when it is opened. After an update of the service only a new start finds it. */
export function LazyPage<T>({ title, page, children, onRestart }: LazyPageProps<T>) {
  const { part } = useLazyPart(page);
  if (part) return children(part);
  return (
    <>
      <h1>{title}</h1>
      {part === null ? (
        <p className="problem" role="alert">
          This page could not be loaded; it is tried again.{' '}
          <button type="button" className="link-button" onClick={onRestart}>
            Load the dashboard anew
          </button>
        </p>
      ) : (
        <p className="quiet">Loading…</p>
      )}
    </>
  );
}
