import type { SVGProps } from 'react';
import type { StatusTone } from '@fleetdeck/dto';

/** The silhouettes of the kit: four families, work under way, and work that has not begun. */
export type GlyphShape = StatusTone | 'pending';

/** Props of {@link Glyph}. */
export interface GlyphProps extends SVGProps<SVGSVGElement> {
  shape: GlyphShape;
}

/** How the lines of all shapes and icons are drawn. */
export const STROKE = {
  fill: 'none',
  stroke: 'currentColor',
  strokeWidth: 1.5,
  strokeLinecap: 'round',
  strokeLinejoin: 'round',
} as const;

/**
 * A status as a shape: circle with a tick, triangle with "!", filled square with a cross, dashed diamond with "?",
 * an arc, or a small circle. It takes the colour of the text around it and says nothing to screen readers, so a
 * word must stand beside it.
 */
export function Glyph({ shape, className, ...rest }: GlyphProps) {
  return (
    <svg
      {...rest}
      className={className === undefined ? 'fd-glyph' : `fd-glyph ${className}`}
      viewBox="0 0 16 16"
      data-shape={shape}
      aria-hidden="true"
      focusable="false"
    >
      {SHAPES[shape]}
    </svg>
  );
}

const SHAPES: Readonly<Record<GlyphShape, React.ReactNode>> = {
  healthy: (
    <g {...STROKE}>
      <circle cx="8" cy="8" r="6.25" />
      <path d="M5.2 8.3l1.9 1.9 3.7-4.1" />
    </g>
  ),
  degraded: (
    <g {...STROKE}>
      <path d="M8 1.9l6.4 11.6H1.6z" />
      <path d="M8 6v3.4M8 11.6h0" />
    </g>
  ),
  // The cross is a hole and not a second colour, so the shape lives on any ground and in forced colours.
  critical: (
    <path
      fill="currentColor"
      fillRule="evenodd"
      d="M3 1.75h10A1.25 1.25 0 0 1 14.25 3v10A1.25 1.25 0 0 1 13 14.25H3A1.25 1.25 0 0 1 1.75 13V3A1.25 1.25 0 0 1 3 1.75zM8 9.2L6.13 11.08 4.92 9.87 6.8 8 4.92 6.13 6.13 4.92 8 6.8 9.87 4.92 11.08 6.13 9.2 8 11.08 9.87 9.87 11.08z"
    />
  ),
  unknown: (
    <g {...STROKE}>
      <path d="M8 1.2L14.8 8 8 14.8 1.2 8z" strokeDasharray="2.1 1.75" strokeLinecap="butt" />
      <path d="M6.5 6.6a1.5 1.5 0 1 1 2.3 1.3c-.55.35-.8.6-.8 1.2M8 11.2h0" strokeWidth="1.35" />
    </g>
  ),
  progress: (
    <g {...STROKE} strokeWidth="2">
      <circle cx="8" cy="8" r="5.75" opacity="0.28" />
      <path d="M8 2.25A5.75 5.75 0 0 1 12.6 11.45" strokeLinecap="butt" />
    </g>
  ),
  pending: <circle cx="8" cy="8" r="3" {...STROKE} strokeWidth="1.75" />,
};
