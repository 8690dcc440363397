import { Glyph, STROKE, type GlyphShape } from '../glyph/Glyph.tsx';
import type { ShownStageStatus } from './progress.ts';

/** A circle crossed out, a step over, a way back. */
const PATHS = {
  cancelled: 'M8 1.75a6.25 6.25 0 1 0 0 12.5a6.25 6.25 0 1 0 0-12.5M3.6 12.4l8.8-8.8',
  skipped: 'M3.25 3.5L7.75 8l-4.5 4.5M8.25 3.5l4.5 4.5l-4.5 4.5',
  rolled_back: 'M5.5 2.25l-3 3l3 3M2.5 5.25h6.75a4 4 0 0 1 0 8H5.5',
};

const SHAPES: Readonly<Record<Exclude<ShownStageStatus, keyof typeof PATHS>, GlyphShape>> = {
  pending: 'pending',
  in_progress: 'progress',
  completed: 'healthy',
  failed: 'critical',
};

/** The status of a stage as a shape: that of the kit, and those of stages that ended in another way. */
export function StageGlyph({ status }: { status: ShownStageStatus }) {
  if (!(status in PATHS)) return <Glyph shape={SHAPES[status as keyof typeof SHAPES]} />;
  return (
    <svg className="fd-glyph" viewBox="0 0 16 16" data-shape={status} aria-hidden="true" focusable="false">
      <path {...STROKE} d={PATHS[status as keyof typeof PATHS]} />
    </svg>
  );
}
