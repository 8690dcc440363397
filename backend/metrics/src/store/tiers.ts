/** A width of roll-ups. */
export type Tier = '1m' | '1h' | '1d';

/** What is kept: single points, and each tier of roll-ups. */
export type StoredKind = 'raw' | Tier;

const MINUTE = 60_000;
export const HOUR_MS = 60 * MINUTE;
export const DAY_MS = 24 * HOUR_MS;

/** Width of a roll-up of each tier, in milliseconds. */
export const TIER_MS: Record<Tier, number> = { '1m': MINUTE, '1h': HOUR_MS, '1d': DAY_MS };

/** A table that is partitioned by time. */
export interface TimedTable {
  readonly kind: StoredKind;
  /** Name in the schema `fleetdeck`. */
  readonly table: string;
  /** How long a partition reaches, in milliseconds; the first one begins at the epoch. */
  readonly partitionMs: number;
}

/** Where points and roll-ups lie. What is kept longer has longer partitions, so that there are never too many. */
export const TABLES: Record<StoredKind, TimedTable> = {
  raw: { kind: 'raw', table: 'metric_point', partitionMs: HOUR_MS },
  '1m': { kind: '1m', table: 'metric_rollup_1m', partitionMs: DAY_MS },
  '1h': { kind: '1h', table: 'metric_rollup_1h', partitionMs: 15 * DAY_MS },
  '1d': { kind: '1d', table: 'metric_rollup_1d', partitionMs: 180 * DAY_MS },
};

/** All kinds, the shortest kept first. */
export const STORED_KINDS: readonly StoredKind[] = ['raw', '1m', '1h', '1d'];

/** The begin of the tier's window that holds a time. */
export function windowStart(at: number, widthMs: number): number {
  return Math.floor(at / widthMs) * widthMs;
}
