/** Brings an error of somebody else's callback to light without letting it stop the rest. */
export function reportFailure(error: unknown): void {
  const report = globalThis.reportError ?? console.error;
  report(error);
}

/** Calls somebody else's function, whose error stops nothing. */
export function guarded(call: () => void): void {
  try {
    call();
  } catch (error) {
    reportFailure(error);
  }
}
