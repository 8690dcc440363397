import { Component, lazy, Suspense, useMemo, type ReactNode } from 'react';
import type { EnvironmentProps, TimeInput } from '../../environment.ts';
import type { MetricFormat } from '../../format/formatMetric.ts';
import type { Messages } from '../../messages.ts';
import type { SparkPoint } from './sparkline.ts';
import type { MetricThreshold } from './thresholds.ts';

const load = () => import('../charts/MetricTrend.tsx');
const MetricTrend = lazy(() => load().then(({ MetricTrend: trend }) => ({ default: trend })));

/** Begins to load the trend, before it is opened. */
export function preloadTrend(): void {
  // Whether it can be loaded is found out when it is opened.
  load().catch(() => undefined);
}

/** Props of {@link CardTrend}. */
export interface CardTrendProps extends EnvironmentProps {
  title: string;
  unit: string | undefined;
  format: MetricFormat | undefined;
  points: readonly SparkPoint[];
  thresholds: readonly MetricThreshold[];
  asOf: TimeInput | null | undefined;
  staleAfterMs: number | null | undefined;
  words: Messages['charts'];
  write: (value: number) => string;
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
export function CardTrend({ title, thresholds, words, write, ...trend }: CardTrendProps) {
  const levels = useMemo(
    () =>
      thresholds.flatMap(({ status, above, below }) => [
        ...(above === undefined ? [] : [{ value: above, status, label: words.above(write(above)) }]),
        ...(below === undefined ? [] : [{ value: below, status, label: words.below(write(below)) }]),
      ]),
    [thresholds, words, write],
  );
  return (
    <Boundary fallback={<p>{words.failed}</p>}>
      <Suspense fallback={<p>{words.loading}</p>}>
        <MetricTrend title={words.trend(title)} thresholds={levels} {...trend} height={160} />
      </Suspense>
    </Boundary>
  );
}
