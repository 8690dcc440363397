/**
 * Runs something at a fixed interval while the page is visible, and as soon as it is shown again: what is read then
 * was not renewed for as long as it was hidden.
 *
 * @returns ends it
 */
export function repeatWhileVisible(run: () => void, intervalMs: number): () => void {
  const look = (): void => {
    if (document.visibilityState === 'visible') run();
  };
  const timer = setInterval(look, intervalMs);
  document.addEventListener('visibilitychange', look);
  return () => {
    clearInterval(timer);
    document.removeEventListener('visibilitychange', look);
  };
}
