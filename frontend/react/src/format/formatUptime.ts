import { numberFormat } from './intl.ts';

/**
 * A share of time as people read uptime, "99.98%". It is cut and not rounded: only what was always up is 100 %.
 *
 * @param percent - 0 to 100
 */
export function formatUptime(percent: number, locale: string): string {
  const cut = Math.floor(percent * 100 + 1e-9) / 100;
  return numberFormat(locale, { style: 'percent', maximumFractionDigits: 2 }).format(cut / 100);
}
