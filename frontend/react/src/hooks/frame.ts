/** Runs a function at most once a painted frame. */
export interface Frame {
  /** Asks for a run in the next frame; asking again before it changes nothing. */
  request: () => void;
  cancel: () => void;
}

const waiting = new Set<() => void>();
let handle: number | null = null;

function runAll(): void {
  handle = null;
  const runs = [...waiting];
  waiting.clear();
  for (const run of runs) {
    try {
      run();
    } catch (error) {
      reportError(error);
    }
  }
}

/**
 * Makes a {@link Frame}. All frames of a page run in one go, so that React draws once for all that changed. A hidden
 * page paints none, so nothing runs until it is shown again.
 */
export function createFrame(run: () => void): Frame {
  // Of its own, so that two frames of one function are two.
  const own = (): void => run();
  return {
    request: () => {
      waiting.add(own);
      handle ??= requestAnimationFrame(runAll);
    },
    cancel: () => {
      waiting.delete(own);
      if (waiting.size > 0 || handle === null) return;
      cancelAnimationFrame(handle);
      handle = null;
    },
  };
}
