/** The two colour themes. */
export type ThemeName = 'light' | 'dark';

const light = {
  bg: '#F3F5F6',
  surface: '#FFFFFF',
  sunken: '#E8ECEF',
  text: '#14181D',
  'text-2': '#4A5460',
  'text-3': '#5E6772',
  border: '#D3D9DF',
  'border-strong': '#7C8692',
  accent: '#3A40BE',
  'on-accent': '#FFFFFF',
  primary: '#1B2330',
  'on-primary': '#FFFFFF',
  focus: '#3A40BE',
  'selected-bg': '#EDEEFB',
  'st-healthy': '#26765F',
  'st-degraded': '#8F5E06',
  'st-critical': '#930A2B',
  'st-unknown': '#45424F',
  'st-progress': '#3A40BE',
  'st-healthy-bg': '#E8F4F0',
  'st-degraded-bg': '#FDF3DF',
  'st-critical-bg': '#FBE8EB',
  'st-unknown-bg': '#EDEDF1',
  'st-progress-bg': '#EDEEFB',
  'ch-1': '#2A55CF',
  'ch-2': '#B5722E',
  'ch-3': '#3F9598',
  'ch-4': '#960E6A',
  'ch-5': '#22272E',
} as const;

/** The name of a colour token; `--fd-` and the name is its CSS custom property. */
export type ColorToken = keyof typeof light;

const dark: Readonly<Record<ColorToken, string>> = {
  bg: '#0E1115',
  surface: '#161A20',
  sunken: '#0A0C0F',
  text: '#E8EBEF',
  'text-2': '#A9B2BD',
  'text-3': '#8A94A0',
  border: '#2C333C',
  'border-strong': '#6F7A87',
  accent: '#A3A9FA',
  'on-accent': '#0E1115',
  primary: '#E8EBEF',
  'on-primary': '#14181D',
  focus: '#A3A9FA',
  'selected-bg': '#1E2042',
  'st-healthy': '#2FB38C',
  'st-degraded': '#FBC740',
  'st-critical': '#F4675A',
  'st-unknown': '#B9BECC',
  'st-progress': '#8C92EE',
  'st-healthy-bg': '#11291F',
  'st-degraded-bg': '#33280A',
  'st-critical-bg': '#3C1517',
  'st-unknown-bg': '#25272E',
  'st-progress-bg': '#1E2042',
  'ch-1': '#9FA8FB',
  'ch-2': '#EBA445',
  'ch-3': '#3C9582',
  'ch-4': '#A05FBA',
  'ch-5': '#E9ECF8',
};

/** The colours of both themes, as they stand in `styles.css`. */
export const colorTokens: Readonly<Record<ThemeName, Readonly<Record<ColorToken, string>>>> = { light, dark };

/** Which colour is read on which, and the least contrast ratio (WCAG 2.2, success criteria 1.4.3 and 1.4.11). */
export const contrastPairs: readonly (readonly [ink: ColorToken, ground: ColorToken, least: number])[] = [
  ['text', 'bg', 7],
  ['text', 'surface', 7],
  ['text', 'sunken', 7],
  ['text-2', 'bg', 4.5],
  ['text-2', 'surface', 4.5],
  ['text-2', 'sunken', 4.5],
  ['text-2', 'selected-bg', 4.5],
  ['text-2', 'st-degraded-bg', 4.5],
  ['text-2', 'st-critical-bg', 4.5],
  ['text-3', 'surface', 4.5],
  ['text-3', 'bg', 4.5],
  ['text-3', 'sunken', 4.5],
  ['text-3', 'selected-bg', 4.5],
  ['text-3', 'st-degraded-bg', 4.5],
  ['text-3', 'st-critical-bg', 4.5],
  ['border-strong', 'surface', 3],
  ['border-strong', 'bg', 3],
  ['border-strong', 'sunken', 3],
  ['accent', 'surface', 4.5],
  ['accent', 'bg', 4.5],
  ['accent', 'sunken', 4.5],
  ['accent', 'selected-bg', 4.5],
  ['accent', 'st-critical-bg', 4.5],
  ['on-accent', 'accent', 4.5],
  ['on-primary', 'primary', 7],
  ['focus', 'surface', 3],
  ['focus', 'bg', 3],
  ['st-healthy', 'surface', 4.5],
  ['st-degraded', 'surface', 4.5],
  ['st-critical', 'surface', 4.5],
  ['st-unknown', 'surface', 4.5],
  ['st-progress', 'surface', 4.5],
  ['st-healthy', 'bg', 4.5],
  ['st-degraded', 'bg', 4.5],
  ['st-critical', 'bg', 4.5],
  ['st-unknown', 'bg', 4.5],
  ['st-progress', 'bg', 4.5],
  ['st-healthy', 'st-healthy-bg', 4.5],
  ['st-degraded', 'st-degraded-bg', 4.5],
  ['st-critical', 'st-critical-bg', 4.5],
  ['st-unknown', 'st-unknown-bg', 4.5],
  ['st-progress', 'st-progress-bg', 4.5],
  ['st-healthy', 'sunken', 4.5],
  ['st-unknown', 'sunken', 4.5],
  ['st-progress', 'sunken', 4.5],
  ['st-healthy', 'selected-bg', 4.5],
  ['st-unknown', 'selected-bg', 4.5],
  ['st-progress', 'selected-bg', 4.5],
  ['st-degraded', 'st-critical-bg', 3],
  ['ch-1', 'st-critical-bg', 3],
  ['text', 'st-critical-bg', 7],
  ['text', 'st-degraded-bg', 7],
  ['text', 'selected-bg', 7],
  ['surface', 'st-critical', 4.5],
  ['ch-1', 'surface', 3],
  ['ch-2', 'surface', 3],
  ['ch-3', 'surface', 3],
  ['ch-4', 'surface', 3],
  ['ch-5', 'surface', 3],
];

/**
 * Colours that are told apart on one screen. Any two of a set keep a CIEDE2000 distance of at least
 * {@link LEAST_COLOUR_DISTANCE}, with normal sight and under full protanopia, deuteranopia and tritanopia.
 */
export const colorSets: Readonly<Record<'status' | 'chart', readonly ColorToken[]>> = {
  status: ['st-healthy', 'st-degraded', 'st-critical', 'st-unknown', 'st-progress'],
  chart: ['ch-1', 'ch-2', 'ch-3', 'ch-4', 'ch-5'],
};

/** The least CIEDE2000 distance within a set of {@link colorSets}. */
export const LEAST_COLOUR_DISTANCE = 12;

/** Dash patterns of the chart colours, so that a series is known without its colour. Empty: a solid line. */
export const chartDashes: Readonly<Record<'ch-1' | 'ch-2' | 'ch-3' | 'ch-4' | 'ch-5', string>> = {
  'ch-1': '',
  'ch-2': '6 3',
  'ch-3': '2 3',
  'ch-4': '8 3 2 3',
  'ch-5': '',
};

/** How close things stand: `wall` is for a screen that is read across the room. */
export type Density = 'compact' | 'default' | 'comfortable' | 'wall';

/** Sizes that do not change with the density, in px unless the value says otherwise. */
export const sizeTokens = {
  'space-1': '2px',
  'space-2': '4px',
  'space-3': '8px',
  'space-4': '12px',
  'space-5': '16px',
  'space-6': '24px',
  'space-7': '32px',
  'space-8': '48px',
  radius: '3px',
  'radius-pill': '999px',
  rail: '3px',
  'text-xs': '12px',
  'text-xs-line': '16px',
  'text-sm': '13px',
  'text-sm-line': '20px',
  'text-lg': '16px',
  'text-lg-line': '24px',
  'text-xl': '20px',
  'text-xl-line': '28px',
  'motion-hover': '120ms',
  'motion-expand': '200ms',
} as const;

/** Sizes that follow the density. */
export const densityTokens: Readonly<Record<Density, Readonly<Record<DensityToken, string>>>> = {
  compact: {
    'row-height': '28px',
    'control-height': '28px',
    'card-padding': '8px',
    'text-md': '14px',
    'text-md-line': '20px',
    'num-card': '20px',
    'num-card-line': '24px',
    'spark-height': '28px',
  },
  default: {
    'row-height': '36px',
    'control-height': '32px',
    'card-padding': '12px',
    'text-md': '14px',
    'text-md-line': '20px',
    'num-card': '28px',
    'num-card-line': '36px',
    'spark-height': '40px',
  },
  comfortable: {
    'row-height': '44px',
    'control-height': '40px',
    'card-padding': '16px',
    'text-md': '15px',
    'text-md-line': '22px',
    'num-card': '28px',
    'num-card-line': '36px',
    'spark-height': '48px',
  },
  wall: {
    'row-height': '44px',
    'control-height': '40px',
    'card-padding': '16px',
    'text-md': '15px',
    'text-md-line': '22px',
    'num-card': '44px',
    'num-card-line': '48px',
    'spark-height': '64px',
  },
};

/** The name of a size that follows the density. */
export type DensityToken =
  | 'row-height'
  | 'control-height'
  | 'card-padding'
  | 'text-md'
  | 'text-md-line'
  | 'num-card'
  | 'num-card-line'
  | 'spark-height';
