import { FleetdeckError } from '@fleetdeck/kernel';

/**
 * The bins of a sketch after Masson, Rim and Lee, "DDSketch: A fast and fully-mergeable quantile sketch with
 * relative-error guarantees" (VLDB 2019): a magnitude lies in bin k when it is above g^(k-1) and at most g^k, and
 * is told as the value that is equally far, relatively, from both. Here g is the 35th root of 2, so there are 35
 * bins between a number and its double, and a told value is at most 0.9903 % away from the real one.
 *
 * All bins lie on one axis of whole numbers, in the order of the values: the negative ones, 0 at 0, the positive
 * ones. The axis holds every finite float.
 */
const BINS_PER_DOUBLING = 35;
const GAMMA = 2 ** (1 / BINS_PER_DOUBLING);
/** What a positive bin's exponent is moved by, so that the smallest float has a key above 0. */
const SHIFT = 37_600;

/** How far a told value is from the real one at most, relatively. */
export const SKETCH_ACCURACY = (GAMMA - 1) / (GAMMA + 1);
/** The farthest key from 0, on both sides. */
export const MAX_KEY = SHIFT + 1024 * BINS_PER_DOUBLING + 1;
/** The most bins that a sketch holds; beyond it the lowest are collapsed into one. */
export const MAX_BINS = 4096;

const KEYS_PER_NAT = BINS_PER_DOUBLING / Math.LN2;
const MIDDLE = 2 / (GAMMA + 1);

/** The key of a finite value's bin. Keys have the order of the values. */
export function keyOf(value: number): number {
  if (value > 0) return SHIFT + Math.ceil(Math.log(value) * KEYS_PER_NAT);
  if (value < 0) return -(SHIFT + Math.ceil(Math.log(-value) * KEYS_PER_NAT));
  return 0;
}

/** The value that stands for a bin. */
export function valueOf(key: number): number {
  if (key > 0) return 2 ** ((key - SHIFT) / BINS_PER_DOUBLING) * MIDDLE;
  if (key < 0) return -(2 ** ((-key - SHIFT) / BINS_PER_DOUBLING) * MIDDLE);
  return 0;
}

/** {@link keyOf} as an expression of PostgreSQL over a column of type double precision. */
export function keySql(column: string): string {
  const key = (magnitude: string) => `(${SHIFT} + ceil(ln(${magnitude}) * ${KEYS_PER_NAT}))`;
  return `(case when ${column} > 0 then ${key(column)} when ${column} < 0 then -${key(`-(${column})`)} else 0 end)::integer`;
}

/** @throws FleetdeckError `INVALID_INPUT` for NaN and the infinities, which no sketch can hold */
export function requireFinite(value: number): void {
  if (Number.isFinite(value)) return;
  throw new FleetdeckError('INVALID_INPUT', `A sketch takes finite numbers; value is ${value}.`, {
    fields: [{ field: 'value', message: 'must be a finite number' }],
  });
}
