import { lazyPart, useLazyPart } from '../lazyPart.ts';
import type { CardTrendProps } from './CardTrend.tsx';

const trendPart = lazyPart(() => import('./CardTrend.tsx').then((part) => part.CardTrend));

/** Begins to load the trend, before it is opened. */
export function preloadTrend(): void {
  void trendPart.load();
}

/** The trend of an opened card: it is loaded now, and the card goes on when it cannot be. */
export function OpenedTrend(props: CardTrendProps) {
  const { part: CardTrend } = useLazyPart(trendPart);
  if (CardTrend) return <CardTrend {...props} />;
  return <p>{CardTrend === null ? props.words.failed : props.words.loading}</p>;
}
