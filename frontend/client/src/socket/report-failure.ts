/** Brings an error of somebody else's callback to light without letting it stop the rest. */
export function reportFailure(error: unknown): void {
  if (typeof globalThis.reportError === 'function') globalThis.reportError(error);
  else console.error(error);
}
