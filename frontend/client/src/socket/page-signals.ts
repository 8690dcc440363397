/** What the page tells about itself and its network. Outside a browser: always visible, always online, no news. */
export interface PageSignals {
  hidden(): boolean;
  online(): boolean;
  /** Called when the page becomes visible, or the network comes back. @returns ends it */
  onReturn(listener: () => void): () => void;
  /** Called when the page is hidden. @returns ends it */
  onHide(listener: () => void): () => void;
  /** Called when the network goes. @returns ends it */
  onOffline(listener: () => void): () => void;
}

/** The signals of the page that this runs in. */
export const pageSignals: PageSignals = {
  hidden: () => typeof document !== 'undefined' && document.visibilityState === 'hidden',
  online: () => typeof navigator === 'undefined' || navigator.onLine !== false,
  onReturn(listener) {
    const stops = [onVisibility('visible', listener), onNetwork('online', listener)];
    return () => stops.forEach((stop) => stop());
  },
  onHide: (listener) => onVisibility('hidden', listener),
  onOffline: (listener) => onNetwork('offline', listener),
};

function onVisibility(state: DocumentVisibilityState, listener: () => void): () => void {
  if (typeof document === 'undefined') return () => undefined;
  const look = () => {
    if (document.visibilityState === state) listener();
  };
  document.addEventListener('visibilitychange', look);
  return () => document.removeEventListener('visibilitychange', look);
}

function onNetwork(event: 'online' | 'offline', listener: () => void): () => void {
  if (typeof window === 'undefined') return () => undefined;
  window.addEventListener(event, listener);
  return () => window.removeEventListener(event, listener);
}
