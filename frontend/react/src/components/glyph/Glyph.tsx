import { resolveStatus, type StatusTone } from '@fleetdeck/dto';
import { normalWord } from '../../messages.ts';

type Lines = readonly string[];

/** Words that say more than their tone: what has not begun, and how something ended or was held. */
const OWN = {
  pending: ['M5 8a3 3 0 1 0 6 0a3 3 0 1 0-6 0'],
  paused: ['M5.25 3v10M10.75 3v10'],
  stopped: ['M3.5 3.5h9v9h-9z'],
  cancelled: ['M1.75 8a6.25 6.25 0 1 0 12.5 0a6.25 6.25 0 1 0-12.5 0M3.6 12.4l8.8-8.8'],
  skipped: ['M3.25 3.5L7.75 8l-4.5 4.5M8.25 3.5l4.5 4.5l-4.5 4.5'],
  rolled_back: ['M5.5 2.25l-3 3l3 3M2.5 5.25h6.75a4 4 0 0 1 0 8H5.5'],
} satisfies Record<string, Lines>;

/** The silhouettes of the kit: one of each tone, and of words that say more. */
export type GlyphShape = StatusTone | keyof typeof OWN;

/** Lines on 16 by 16; the style sheet says how they are drawn. */
const SHAPES: Readonly<Record<GlyphShape, Lines>> = {
  ...OWN,
  healthy: ['M1.75 8a6.25 6.25 0 1 0 12.5 0a6.25 6.25 0 1 0-12.5 0M5.2 8.3l1.9 1.9 3.7-4.1'],
  degraded: ['M8 1.9l6.4 11.6H1.6zM8 6v3.4M8 11.6h0'],
  // The cross is a hole and not a second colour, so the shape lives on any ground and in forced colours.
  critical: [
    'M3 1.75h10a1.25 1.25 0 0 1 1.25 1.25v10a1.25 1.25 0 0 1-1.25 1.25H3a1.25 1.25 0 0 1-1.25-1.25V3a1.25 1.25 0 0 1 1.25-1.25zM8 9.2l-2 2L4.8 10l2-2-2-2L6 4.8l2 2 2-2L11.2 6l-2 2 2 2-1.2 1.2z',
  ],
  unknown: ['M8 1.2L14.8 8 8 14.8 1.2 8z', 'M6.5 6.6a1.5 1.5 0 1 1 2.3 1.3c-.55.35-.8.6-.8 1.2M8 11.2h0'],
  progress: ['M1.75 8a6.25 6.25 0 1 0 12.5 0a6.25 6.25 0 1 0-12.5 0', 'M8 1.75a6.25 6.25 0 0 1 5 10'],
};

/** The shape of a status word: its own, else that of its tone. */
export function shapeOf(status: string | null | undefined): GlyphShape {
  const word = normalWord(status ?? '');
  return Object.hasOwn(OWN, word) ? (word as GlyphShape) : resolveStatus(status).tone;
}

/**
 * A status as a shape: circle with a tick, triangle with "!", filled square with a cross, dashed diamond with "?", an
 * arc, or that of a word of its own. It takes the colour of the text around it and says nothing to screen readers, so
 * a word must stand beside it.
 */
export function Glyph({ shape }: { shape: GlyphShape }) {
  return (
    <svg className="fd-glyph" viewBox="0 0 16 16" data-shape={shape} aria-hidden="true" focusable="false">
      {SHAPES[shape].map((line) => (
        <path key={line} d={line} />
      ))}
    </svg>
  );
}
