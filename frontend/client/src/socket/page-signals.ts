/** What the page tells about itself and its network. Outside a browser: always visible, always online, no news. */
export interface PageSignals {
  hidden(): boolean;
  online(): boolean;
  /** Called when the page becomes visible, or the network comes back. @returns ends it */
  onReturn(listener: () => void): () => void;
  /** Called when the network goes. @returns ends it */
  onOffline(listener: () => void): () => void;
}

/** The signals of the page that this runs in. */
export const pageSignals: PageSignals = {
  hidden: () => typeof document !== 'undefined' && document.visibilityState === 'hidden',
  online: () => typeof navigator === 'undefined' || navigator.onLine !== false,
  onReturn(listener) {
    if (typeof window === 'undefined') return () => undefined;
    const onVisibility = () => {
      if (document.visibilityState === 'visible') listener();
    };
    window.addEventListener('online', listener);
    document.addEventListener('visibilitychange', onVisibility);
    return () => {
      window.removeEventListener('online', listener);
      document.removeEventListener('visibilitychange', onVisibility);
    };
  },
  onOffline(listener) {
    if (typeof window === 'undefined') return () => undefined;
    window.addEventListener('offline', listener);
    return () => window.removeEventListener('offline', listener);
  },
};
