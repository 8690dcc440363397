import { Component, lazy, Suspense, type ReactNode } from 'react';
import type { CardTrendProps } from './CardTrend.tsx';

const load = () => import('./CardTrend.tsx');
const CardTrend = lazy(() => load().then(({ CardTrend: trend }) => ({ default: trend })));

/** Begins to load the trend, before it is opened. */
export function preloadTrend(): void {
  // Whether it can be loaded is found out when it is opened.
  load().catch(() => undefined);
}

class Boundary extends Component<{ children: ReactNode; fallback: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override render(): ReactNode {
    return this.state.failed ? this.props.fallback : this.props.children;
  }
}

/** The trend of an opened card: it is loaded now, and the card goes on when it cannot be. */
export function OpenedTrend(props: CardTrendProps) {
  return (
    <Boundary fallback={<p>{props.words.failed}</p>}>
      <Suspense fallback={<p>{props.words.loading}</p>}>
        <CardTrend {...props} />
      </Suspense>
    </Boundary>
  );
}
