import type { PageSignals } from './page-signals.ts';

/** Says when a page has been hidden for a while, and when it is shown again. */
export class HiddenHold {
  /** Whether it has been hidden for that long. */
  over = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly stops: (() => void)[];

  constructor(
    private readonly page: PageSignals,
    private readonly holdMs: number,
    private readonly onChange: (over: boolean) => void,
  ) {
    this.stops = [page.onHide(() => this.hide()), page.onReturn(() => this.show())];
    if (page.hidden()) this.hide();
  }

  /** Looks no more. */
  end(): void {
    clearTimeout(this.timer);
    for (const stop of this.stops) stop();
  }

  private hide(): void {
    clearTimeout(this.timer);
    // No timer is that long; it would run at once.
    if (this.holdMs >= 2 ** 31) return;
    this.timer = setTimeout(() => this.set(true), this.holdMs);
  }

  private show(): void {
    // The network may come back to a page that is still hidden.
    if (this.page.hidden()) return;
    clearTimeout(this.timer);
    this.set(false);
  }

  private set(over: boolean): void {
    if (over === this.over) return;
    this.over = over;
    this.onChange(over);
  }
}
