import { numberFormat } from './intl.ts';

/** Scripts of today that are written from right to left. */
const RIGHT_TO_LEFT = /^(Adlm|Arab|Hebr|Mand|Nkoo|Rohg|Syrc|Thaa)$/;

/**
 * Whether people who read a locale read from right to left: by its script, since what the platform says of it differs
 * between browsers and is wrong for some, as for Dhivehi.
 */
export function isRightToLeft(locale: string): boolean {
  return RIGHT_TO_LEFT.test(new Intl.Locale(locale).maximize().script ?? '');
}

/**
 * A value inside words of a locale that is read from right to left, kept together by U+2068 and U+2069, so that its
 * digits and letters do not change places with the words around it; elsewhere as it is.
 */
export const isolate = (value: string, locale: string): string =>
  value !== '' && isRightToLeft(locale) ? `\u2068${value}\u2069` : value;

/** A whole number inside words of a locale. */
export const countText = (count: number, locale: string): string =>
  isolate(numberFormat(locale, {}).format(count), locale);
