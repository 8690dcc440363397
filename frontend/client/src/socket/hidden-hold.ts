import { isHidden, type PageNews } from './page-signals.ts';

/** Says when a page has been hidden for a while, and when it is shown again. */
export interface HiddenHold {
  /** Whether it has been hidden for that long. */
  over(): boolean;
  /** Looks at the page, because of this or for the first time. */
  look: (news?: PageNews) => void;
  /** Counts no further; what was held to be over no longer is. */
  end(): void;
}

/** Makes a {@link HiddenHold} that tells `onChange` whether it is over. */
export function createHiddenHold(holdMs: number, onChange: (over: boolean) => void): HiddenHold {
  let over = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const set = (next: boolean): void => {
    if (next === over) return;
    over = next;
    onChange(next);
  };
  return {
    over: () => over,
    look(news) {
      // The network may come and go while the page stays hidden.
      if (news === 'online' || news === 'offline') return;
      clearTimeout(timer);
      if (!isHidden()) set(false);
      // No timer is longer; it would run at once.
      else if (holdMs < 2 ** 31) timer = setTimeout(() => set(true), holdMs);
    },
    end() {
      clearTimeout(timer);
      set(false);
    },
  };
}
