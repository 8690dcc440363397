import { memo, useMemo } from 'react';
import { SPARK_HEIGHT, SPARK_WIDTH, sparkPath, type SparkPoint } from './sparkline.ts';

/** Props of {@link Sparkline}. */
export interface SparklineProps {
  points: readonly SparkPoint[];
}

/**
 * A line without axes that fills its parent's width. It is drawn again only for another array of points, moves
 * nothing by itself and is hidden from screen readers: say the same in words beside it.
 */
export const Sparkline = memo(function Sparkline({ points }: SparklineProps) {
  const { line, last } = useMemo(() => sparkPath(points), [points]);
  return (
    <svg
      className="fd-spark"
      viewBox={`0 0 ${SPARK_WIDTH} ${SPARK_HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
      focusable="false"
    >
      <path className="fd-spark-line" d={line} vectorEffect="non-scaling-stroke" />
      <path className="fd-spark-last" d={last} vectorEffect="non-scaling-stroke" />
    </svg>
  );
});
