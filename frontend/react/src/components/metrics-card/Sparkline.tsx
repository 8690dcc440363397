import { memo, useMemo, useRef, useState } from 'react';
import { SPARK_HEIGHT, SPARK_WIDTH, sparkPath, type SparkPoint } from './sparkline.ts';
import { useOnScreen } from './useOnScreen.ts';

/** Props of {@link Sparkline}. */
export interface SparklineProps {
  points: readonly SparkPoint[];
}

/**
 * A line without axes that fills its parent's width. It is drawn again only for another array of points, and only
 * while it can be seen; it moves nothing by itself and is hidden from screen readers: say the same in words beside it.
 */
export const Sparkline = memo(function Sparkline({ points }: SparklineProps) {
  const ref = useRef<SVGSVGElement>(null);
  const [held, setHeld] = useState<readonly SparkPoint[] | null>(null);
  useOnScreen(ref, (onScreen) => setHeld(onScreen ? null : points));
  const shown = held ?? points;
  const { line, last } = useMemo(() => sparkPath(shown), [shown]);
  return (
    <svg
      ref={ref}
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
