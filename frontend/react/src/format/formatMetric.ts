import { numberFormat } from './intl.ts';

/** The formats that go by a name. */
export type MetricFormatName = 'number' | 'percent' | 'bytes' | 'decimalBytes' | 'duration' | 'compact';

/** What a format function is told beside the value. */
export interface MetricFormatContext {
  locale: string;
  unit: string;
}

/**
 * How a value is written: by name, by the options of `Intl.NumberFormat`, or by a function of your own.
 * - `number`: digits grouped, decimals by size, compact from ten million up
 * - `percent`: of a ratio (0.41 is 41 %), or of hundredths when the unit is `%` (41 is 41 %)
 * - `bytes`: in B, KiB, MiB and so on, of 1024
 * - `decimalBytes`: in B, kB, MB and so on, of 1000, as disks and networks are sold
 * - `duration`: of seconds when the unit is `s`, else of milliseconds; the two largest units
 * - `compact`: 1.3K
 */
export type MetricFormat =
  MetricFormatName | Intl.NumberFormatOptions | ((value: number, context: MetricFormatContext) => string);

/** A formatted value, its unit apart so that it can be set smaller. */
export interface FormattedMetric {
  text: string;
  /** Empty when the text says it all. */
  unit: string;
}

/** What {@link formatMetric} takes beside the value. */
export interface MetricFormatOptions {
  locale: string;
  /** @default by the unit: `By` and rates of it, `By/s`, are bytes, `%` is percent, else number */
  format?: MetricFormat;
  /** Unit of the value in UCUM-like words: `ms`, `s`, `By`, `%`, `1/s`. */
  unit?: string;
  /** Units that have other words in the language. */
  units?: Readonly<Record<string, string>>;
}

const BYTES = {
  1024: ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'],
  1000: ['B', 'kB', 'MB', 'GB', 'TB', 'PB'],
};
const COMPACT_FROM = 10_000_000;

/** Fewer decimals the larger the value, so that a live value keeps about its width. */
const decimals = (value: number): number => {
  const size = Math.abs(value);
  if (size >= 100) return 0;
  return size >= 10 ? 1 : 2;
};

// `negative` keeps a value that rounds to nothing from reading "-0".
const plain = (value: number, locale: string): string =>
  numberFormat(locale, {
    maximumFractionDigits: decimals(value),
    signDisplay: 'negative',
    ...(Math.abs(value) >= COMPACT_FROM && { notation: 'compact', maximumFractionDigits: 1 }),
  }).format(value);

function percent(value: number, { locale, unit }: MetricFormatContext): FormattedMetric {
  const points = unit === '%' ? value : value * 100;
  const parts = numberFormat(locale, {
    style: 'percent',
    maximumFractionDigits: Math.abs(points) >= 100 ? 0 : 1,
    signDisplay: 'negative',
  }).formatToParts(points / 100);
  const sign = parts.find((part) => part.type === 'percentSign')?.value ?? '%';
  const digits = parts.filter((part) => part.type !== 'percentSign').map((part) => part.value);
  return { text: digits.join('').trim(), unit: sign };
}

function bytes(value: number, { locale, unit }: MetricFormatContext, base: 1000 | 1024): FormattedMetric {
  let power = 0;
  for (let size = Math.abs(value); size >= base && power < 5; power += 1) size /= base;
  const per = unit.startsWith('By/') ? unit.slice('By'.length) : '';
  return { text: plain(value / base ** power, locale), unit: `${BYTES[base][power] ?? ''}${per}` };
}

const DURATIONS: readonly (readonly ['day' | 'hour' | 'minute' | 'second', number])[] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
];

function duration(value: number, { locale, unit }: MetricFormatContext): FormattedMetric {
  const ms = unit === 's' ? value * 1000 : value;
  const size = Math.abs(ms);
  if (size < 1000) return { text: plain(ms, locale), unit: 'ms' };
  if (size < 60_000) return { text: plain(ms / 1000, locale), unit: 's' };
  const start = DURATIONS.findIndex(([, length]) => size >= length);
  const parts: string[] = [];
  let rest = size;
  for (const [name, length] of DURATIONS.slice(start, start + 2)) {
    const count = Math.floor(rest / length);
    rest -= count * length;
    if (count === 0) continue;
    const sign = parts.length === 0 && ms < 0 ? -1 : 1;
    parts.push(
      numberFormat(locale, { style: 'unit', unit: name, unitDisplay: 'narrow' }).format(sign * count),
    );
  }
  return { text: parts.join(' '), unit: '' };
}

/** Whether a value can be shown at all: 0 can, `NaN`, the infinities, `null` and `undefined` cannot. */
export function isValue(value: number | null | undefined): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

/**
 * Writes a value for people, text and unit apart.
 *
 * @example
 * formatMetric(1284, { locale: 'en', unit: 'msg' }); // { text: '1,284', unit: 'msg' }
 * formatMetric(1536, { locale: 'en', unit: 'By' }); // { text: '1.5', unit: 'KiB' }
 */
export function formatMetric(
  value: number,
  { locale, format, unit = '', units = {} }: MetricFormatOptions,
): FormattedMetric {
  const { text, unit: written } = write(value, format, { locale, unit });
  return { text, unit: Object.hasOwn(units, written) ? (units[written] ?? written) : written };
}

function write(
  value: number,
  format: MetricFormat | undefined,
  context: MetricFormatContext,
): FormattedMetric {
  const { locale, unit } = context;
  const how =
    format ?? (unit === 'By' || unit.startsWith('By/') ? 'bytes' : unit === '%' ? 'percent' : 'number');
  if (typeof how === 'function') return { text: how(value, context), unit };
  if (typeof how === 'object') return { text: numberFormat(locale, how).format(value), unit };
  switch (how) {
    case 'percent':
      return percent(value, context);
    case 'bytes':
      return bytes(value, context, 1024);
    case 'decimalBytes':
      return bytes(value, context, 1000);
    case 'duration':
      return duration(value, context);
    case 'compact':
      return {
        text: numberFormat(locale, {
          notation: 'compact',
          maximumFractionDigits: 1,
          signDisplay: 'negative',
        }).format(value),
        unit,
      };
    case 'number':
      return { text: plain(value, locale), unit };
  }
}
