/** Says things to screen readers, one after the other, for a whole page. */
export interface Announcer {
  /**
   * Says a sentence when the reader is free. A later one of the same `topic` replaces one that was not said yet.
   */
  announce: (text: string, topic?: string) => void;
}

const SETTLE_MS = 250;
const READ_MS = 1_000;
const CLEAR_MS = 7_000;
const MOST_WAITING = 10;

/**
 * Makes an announcer with one live region in the page, which it adds when it first has something to say. What comes
 * within a quarter of a second is said together, the next not before a second is over; of more than ten waiting
 * sentences the oldest are dropped.
 */
export function createAnnouncer(): Announcer {
  let region: HTMLElement | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let clearing: ReturnType<typeof setTimeout> | undefined;
  let waiting: { topic: string | undefined; text: string }[] = [];

  const say = (): void => {
    timer = undefined;
    if (waiting.length === 0 || region === null) return;
    // An emptied region is read anew even when it says the same again.
    region.textContent = '';
    region.append(waiting.map(({ text }) => text).join(' '));
    waiting = [];
    clearTimeout(clearing);
    clearing = setTimeout(() => {
      region?.replaceChildren();
    }, CLEAR_MS);
    timer = setTimeout(say, READ_MS);
  };

  return {
    announce: (text, topic) => {
      if (typeof document === 'undefined' || text === '') return;
      // A region is only read when it was in the page before its text.
      if (region === null || !region.isConnected) region = addRegion();
      waiting = waiting.filter((each) => topic === undefined || each.topic !== topic);
      waiting.push({ topic, text });
      waiting = waiting.slice(-MOST_WAITING);
      timer ??= setTimeout(say, SETTLE_MS);
    },
  };
}

function addRegion(): HTMLElement {
  const region = document.createElement('div');
  region.className = 'fd-hidden';
  region.setAttribute('role', 'status');
  region.setAttribute('aria-live', 'polite');
  region.dataset.fleetdeckAnnouncer = '';
  Object.assign(region.style, {
    position: 'absolute',
    insetInlineStart: '0',
    width: '1px',
    height: '1px',
    overflow: 'hidden',
    clipPath: 'inset(50%)',
    whiteSpace: 'nowrap',
  });
  document.body.append(region);
  return region;
}

/** The announcer of the page, where no provider names another. */
export const pageAnnouncer: Announcer = createAnnouncer();
