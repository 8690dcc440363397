import { useEffect } from 'react';

/** Names the page in the window's title and its tab, with how many alerts fire: both are seen while others are read. */
export function usePageTitle(page: string, firing: number | null = null): void {
  useEffect(() => {
    document.title = `${firing ? `(${firing}) ` : ''}${page} · Fleetdeck`;
  }, [page, firing]);
}
