import { FleetdeckError } from '@fleetdeck/kernel';
import type { Slices } from '../slices.ts';
import { keyOf, MAX_BINS, MAX_KEY, requireFinite, valueOf } from './bins.ts';
import { readSketches, SketchWriter, type SketchTarget } from './codec.ts';

const PAGE_BITS = 7;
const PAGE_SIZE = 1 << PAGE_BITS;
const PAGE_MASK = PAGE_SIZE - 1;
/** Where the key 0 lies, at the begin of a page. */
const ORIGIN = ((MAX_KEY >> PAGE_BITS) + 1) << PAGE_BITS;
const PAGES = (2 * ORIGIN) >> PAGE_BITS;

/** Encoded sketches that are merged before the time is looked at. */
const SKETCHES_AT_ONCE = 100;

const writer = new SketchWriter();

/**
 * A set of numbers, of which count, sum, least and greatest are kept exactly and every quantile to within 1 % of the
 * value that stands at rank `floor(q * (n - 1))` of the sorted numbers. Sketches of parts merge, in any order, into
 * the sketch of the whole.
 *
 * It holds at most 4096 bins. Values that would need more (over 58 decades, when all are of one sign) make the
 * lowest bins collapse into one, as in the paper: quantiles that fall among the lowest values then lose their
 * accuracy, all others keep theirs. 1e-9 to 1e15 of one sign need 2,791.
 *
 * @example
 * const day = new Sketch();
 * for (const hour of hours) day.mergeEncoded(hour);
 * day.quantile(0.95);
 */
export class Sketch implements SketchTarget {
  private readonly pages = new Array<Float64Array | undefined>(PAGES);
  private first = PAGES;
  private last = -1;
  private bins = 0;
  private total = 0;
  private exactSum = 0;
  private least = Infinity;
  private greatest = -Infinity;

  /** A sketch of these numbers. @throws FleetdeckError `INVALID_INPUT` for NaN and the infinities */
  static of(values: Iterable<number>): Sketch {
    const sketch = new Sketch();
    for (const value of values) sketch.add(value);
    return sketch;
  }

  /**
   * The sketch that {@link encode} made bytes of.
   * @throws FleetdeckError `INTERNAL` when the bytes are damaged or of an unknown version
   */
  static decode(bytes: Uint8Array): Sketch {
    const sketch = new Sketch();
    if (readSketches(bytes, sketch).sketches === 1) return sketch;
    throw new FleetdeckError('INTERNAL', 'A stored sketch is damaged: it is not exactly one sketch.');
  }

  /** How many numbers it holds. */
  get count(): number {
    return this.total;
  }

  get sum(): number {
    return this.exactSum;
  }

  /** The least number; `null` when it is empty. */
  get min(): number | null {
    return this.total === 0 ? null : this.least;
  }

  /** The greatest number; `null` when it is empty. */
  get max(): number | null {
    return this.total === 0 ? null : this.greatest;
  }

  /** How many bins hold something, at most 4096. */
  get binCount(): number {
    return this.bins;
  }

  /** @throws FleetdeckError `INVALID_INPUT` for NaN and the infinities */
  add(value: number): void {
    requireFinite(value);
    this.addBin(keyOf(value), 1);
    this.addExact(1, value, value, value);
  }

  /** Adds what another one holds, which is not changed. */
  merge(other: Sketch): void {
    other.forEachBin((key, count) => this.addBin(key, count));
    if (other.total > 0) this.addExact(other.total, other.exactSum, other.least, other.greatest);
  }

  /**
   * Adds encoded sketches that stand one after the other.
   * @throws FleetdeckError `INTERNAL` when the bytes are damaged; this sketch then holds a part and is of no use
   */
  mergeEncoded(bytes: Uint8Array): void {
    readSketches(bytes, this);
  }

  /**
   * {@link mergeEncoded} in slices, for thousands of them.
   * @throws FleetdeckError as that does
   */
  async mergeInSlices(bytes: Uint8Array, slices: Slices): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      at = readSketches(bytes, this, at, SKETCHES_AT_ONCE).end;
      if (slices.over) await slices.pause();
    }
  }

  /** The bytes to store; their layout is that of `codec.ts`. */
  encode(): Uint8Array {
    writer.begin(this.bins, this.exactSum, this.least, this.greatest);
    this.forEachBin((key, count) => writer.bin(key, count));
    return writer.end();
  }

  /** The number at rank `floor(q * (n - 1))`, to within 1 %; `null` when it is empty. */
  quantile(q: number): number | null {
    if (this.total === 0) return null;
    if (!(q > 0)) return this.least;
    if (q >= 1) return this.greatest;
    const rank = Math.floor(q * (this.total - 1));
    let passed = 0;
    for (let index = this.first; index <= this.last; index += 1) {
      const page = this.pages[index];
      if (!page) continue;
      for (let slot = 0; slot < PAGE_SIZE; slot += 1) {
        passed += page[slot] as number;
        if (passed > rank) return this.within(valueOf((index << PAGE_BITS) + slot - ORIGIN));
      }
    }
    return this.greatest;
  }

  /** Empties it, keeping its memory for what comes next. */
  clear(): void {
    for (let index = this.first; index <= this.last; index += 1) this.pages[index]?.fill(0);
    this.first = PAGES;
    this.last = -1;
    this.bins = 0;
    this.total = 0;
    this.exactSum = 0;
    this.least = Infinity;
    this.greatest = -Infinity;
  }

  /** Adds to one bin, without what is known exactly of its values. */
  addBin(key: number, count: number): void {
    const place = key + ORIGIN;
    const index = place >> PAGE_BITS;
    const page = (this.pages[index] ??= new Float64Array(PAGE_SIZE));
    if (index < this.first) this.first = index;
    if (index > this.last) this.last = index;
    const slot = place & PAGE_MASK;
    const before = page[slot] as number;
    page[slot] = before + count;
    if (before === 0) {
      this.bins += 1;
      if (this.bins > MAX_BINS) this.collapseLowest();
    }
  }

  /** Adds what is known exactly of values whose bins were added. */
  addExact(count: number, sum: number, min: number, max: number): void {
    this.total += count;
    this.exactSum += sum;
    if (min < this.least) this.least = min;
    if (max > this.greatest) this.greatest = max;
  }

  private within(value: number): number {
    return Math.min(this.greatest, Math.max(this.least, value));
  }

  /** Moves the lowest bin into the one above it. What is lowest of the whole is so of each part: order does not matter. */
  private collapseLowest(): void {
    let carried = 0;
    for (let index = this.first; index <= this.last; index += 1) {
      const page = this.pages[index];
      if (!page) continue;
      for (let slot = 0; slot < PAGE_SIZE; slot += 1) {
        const count = page[slot] as number;
        if (count === 0) continue;
        if (carried > 0) {
          page[slot] = count + carried;
          this.first = index;
          return;
        }
        carried = count;
        page[slot] = 0;
        this.bins -= 1;
      }
    }
  }

  private forEachBin(visit: (key: number, count: number) => void): void {
    for (let index = this.first; index <= this.last; index += 1) {
      const page = this.pages[index];
      if (!page) continue;
      for (let slot = 0; slot < PAGE_SIZE; slot += 1) {
        const count = page[slot] as number;
        if (count !== 0) visit((index << PAGE_BITS) + slot - ORIGIN, count);
      }
    }
  }
}
