/** Runs a function at most once a painted frame. */
export interface Frame {
  /** Asks for a run in the next frame; asking again before it changes nothing. */
  request: () => void;
  cancel: () => void;
}

/** Makes a {@link Frame}. A hidden page paints none, so nothing runs until it is shown again. */
export function createFrame(run: () => void): Frame {
  let handle: number | null = null;
  return {
    request: () => {
      handle ??= requestAnimationFrame(() => {
        handle = null;
        run();
      });
    },
    cancel: () => {
      if (handle !== null) cancelAnimationFrame(handle);
      handle = null;
    },
  };
}
