/** What the page tells: it is shown or hidden, its network comes back or goes. */
export type PageNews = DocumentVisibilityState | 'online' | 'offline';

/** Whether nobody can see the page. Outside a browser nothing is hidden. */
export function isHidden(): boolean {
  return globalThis.document?.visibilityState === 'hidden';
}

/** Whether the machine believes that it has a network. */
export function isOnline(): boolean {
  return globalThis.navigator?.onLine !== false;
}

/** Tells what becomes of the page that this runs in; outside a browser there is no news. @returns ends it */
export function watchPage(tell: (news: PageNews) => void): () => void {
  const watching = new AbortController();
  if (globalThis.document) {
    const { signal } = watching;
    document.addEventListener('visibilitychange', () => tell(document.visibilityState), { signal });
    for (const news of ['online', 'offline'] as const) {
      window.addEventListener(news, () => tell(news), { signal });
    }
  }
  return () => watching.abort();
}
