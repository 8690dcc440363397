import { Glyph } from '../glyph/Glyph.tsx';
import type { ChartMessages } from '../../messages/charts.ts';

/** Props of {@link ChartNotice}. */
export interface ChartNoticeProps {
  /** What went wrong; `null` while it is tried again. */
  problem: string | null;
  onRetry: (() => void) | undefined;
  words: ChartMessages;
}

/** The focus must not fall back to the top of the page when its button goes. */
function keepFocus(button: HTMLButtonElement | null): () => void {
  return () => {
    if (document.activeElement === button) button?.closest('figure')?.focus({ preventScroll: true });
  };
}

/** What went wrong with a chart, and the way to try again, which stays while that runs. */
export function ChartNotice({ problem, onRetry, words }: ChartNoticeProps) {
  const trying = problem === null;
  return (
    <p className="fd-chart-notice">
      {!trying && <Glyph shape="degraded" />}
      {!trying && <span>{problem}</span>}
      {onRetry && (
        <button
          ref={keepFocus}
          type="button"
          className="fd-button"
          aria-disabled={trying || undefined}
          onClick={() => trying || onRetry()}
        >
          {trying ? words.loading : words.retry}
        </button>
      )}
    </p>
  );
}
