import { FleetdeckError } from '@fleetdeck/kernel';
import { MAX_BINS, MAX_KEY } from './bins.ts';

/**
 * Version 1 of the bytes of a sketch:
 *
 * - byte 0: the version, 1
 * - varint: the number of bins, 0 to 4096; when it is 0 the checksum follows at once
 * - 3 × 8 bytes: sum, least and greatest value, as 64 bit floats, least significant byte first
 * - for each bin, in the order of its key: varint of `step * 2 + many`, where step is the distance to the key before
 *   (for the first bin its key, zigzag encoded) and many is 0 for a bin of count 1; with many = 1 the varint of
 *   `count - 2` follows
 * - 4 bytes: FNV-1a, 32 bit, over all numbers before it (the floats as two 32 bit words each), least significant
 *   byte first
 *
 * A varint holds 7 bits a byte, the least significant first, with the high bit set on all but the last. The bytes
 * tell where they end, so encoded sketches can stand one after the other. The layout of a version never changes:
 * another one gets another number, and this one stays readable.
 */
const VERSION = 1;

/** The most bytes of an encoded sketch. */
export const MAX_SKETCH_BYTES = 1 + 2 + 24 + MAX_BINS * (3 + 8) + 4;

const FNV_START = 0x811c9dc5 | 0;
const FNV_PRIME = 0x01000193;
const MAX_COUNT = Number.MAX_SAFE_INTEGER;

/** What an encoded sketch is read into. */
export interface SketchTarget {
  /** Adds to one bin. */
  addBin(key: number, count: number): void;
  /** Adds what is known exactly; called once for each sketch that is not empty, after its bins. */
  addExact(count: number, sum: number, min: number, max: number): void;
}

const floats = new Float64Array(3);
const words = new Uint32Array(floats.buffer);
const bytesOfFloats = new Uint8Array(floats.buffer);
const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

function swapWhereNeeded(): void {
  if (LITTLE_ENDIAN) return;
  for (let i = 0; i < 3; i += 1) bytesOfFloats.subarray(i * 8, i * 8 + 8).reverse();
}

/** Writes sketches, one at a time, into a buffer of its own. */
export class SketchWriter {
  private readonly bytes = new Uint8Array(MAX_SKETCH_BYTES);
  private length = 0;
  private hash = 0;
  private before: number | null = null;

  /** @param bins how many bins follow, at most 4096 */
  begin(bins: number, sum: number, min: number, max: number): void {
    this.bytes[0] = VERSION;
    this.length = 1;
    this.hash = FNV_START;
    this.before = null;
    this.varint(bins);
    if (bins === 0) return;
    floats[0] = sum;
    floats[1] = min;
    floats[2] = max;
    for (let i = 0; i < 6; i += 1) this.mix(words[LITTLE_ENDIAN ? i : i ^ 1] as number);
    swapWhereNeeded();
    this.bytes.set(bytesOfFloats, this.length);
    this.length += 24;
  }

  /** Adds a bin; keys ascend. */
  bin(key: number, count: number): void {
    const step = this.before === null ? zigzag(key) : key - this.before;
    this.before = key;
    if (count === 1) {
      this.varint(step * 2);
    } else {
      this.varint(step * 2 + 1);
      this.varint(count - 2);
    }
  }

  /** The bytes, copied. */
  end(): Uint8Array {
    const { hash } = this;
    for (let shift = 0; shift < 32; shift += 8) this.bytes[this.length++] = (hash >>> shift) & 0xff;
    return this.bytes.slice(0, this.length);
  }

  private varint(value: number): void {
    this.mix(value);
    let rest = value;
    while (rest > 0x7f) {
      this.bytes[this.length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.bytes[this.length++] = rest;
  }

  private mix(value: number): void {
    this.hash = Math.imul(this.hash ^ mixed(value), FNV_PRIME);
  }
}

/**
 * Reads encoded sketches that stand one after the other straight into the target, without objects in between.
 * @param from where the first one begins
 * @param most how many to read at most
 * @returns how many there were, and where the last one ended
 * @throws FleetdeckError `INTERNAL` when the bytes are damaged or of a version that this code does not know; the
 *   target may then hold a part
 */
export function readSketches(
  bytes: Uint8Array,
  target: SketchTarget,
  from = 0,
  most = Infinity,
): { sketches: number; end: number } {
  let at = from;
  let sketches = 0;
  const varint = (): number => {
    let byte = bytes[at++];
    if (byte === undefined) throw damaged('it ends too early');
    if (byte < 0x80) return byte;
    let value = byte & 0x7f;
    let scale = 0x80;
    do {
      byte = bytes[at++];
      if (byte === undefined) throw damaged('it ends too early');
      value += (byte & 0x7f) * scale;
      scale *= 0x80;
      if (value > MAX_COUNT || scale > 2 ** 56) throw damaged('a number is too large');
    } while (byte > 0x7f);
    return value;
  };
  while (at < bytes.length && sketches < most) {
    const version = bytes[at++] as number;
    if (version !== VERSION)
      throw damaged(`its version is ${version}, this program reads version ${VERSION}`);
    const bins = varint();
    if (bins > MAX_BINS) throw damaged(`it holds ${bins} bins, the limit is ${MAX_BINS}`);
    let hash = Math.imul(FNV_START ^ bins, FNV_PRIME);
    if (bins > 0) {
      if (at + 24 > bytes.length) throw damaged('it ends too early');
      bytesOfFloats.set(bytes.subarray(at, at + 24));
      swapWhereNeeded();
      at += 24;
      for (let i = 0; i < 6; i += 1) {
        hash = Math.imul(hash ^ (words[LITTLE_ENDIAN ? i : i ^ 1] as number), FNV_PRIME);
      }
      const sum = floats[0] as number;
      const min = floats[1] as number;
      const max = floats[2] as number;
      let key = 0;
      let total = 0;
      for (let bin = 0; bin < bins; bin += 1) {
        const token = varint();
        hash = Math.imul(hash ^ mixed(token), FNV_PRIME);
        const step = Math.floor(token / 2);
        if (bin === 0) key = unzigzag(step);
        else if (step === 0) throw damaged('two of its bins are one');
        else key += step;
        if (key > MAX_KEY || key < -MAX_KEY) throw damaged('a bin lies outside of all numbers');
        let count = 1;
        if (token % 2 === 1) {
          const rest = varint();
          hash = Math.imul(hash ^ mixed(rest), FNV_PRIME);
          count = rest + 2;
        }
        total += count;
        if (total > MAX_COUNT) throw damaged('it holds too many values');
        target.addBin(key, count);
      }
      if (!(min <= max)) throw damaged('its least value is above its greatest');
      target.addExact(total, sum, min, max);
    }
    if (at + 4 > bytes.length) throw damaged('it ends too early');
    for (let shift = 0; shift < 32; shift += 8) {
      if (bytes[at++] !== ((hash >>> shift) & 0xff)) throw damaged('its checksum is wrong');
    }
    sketches += 1;
  }
  return { sketches, end: at };
}

/** Numbers beyond 32 bits take part with both halves. */
function mixed(value: number): number {
  return value <= 0xffffffff ? value : value ^ Math.floor(value / 2 ** 32);
}

function zigzag(key: number): number {
  return key >= 0 ? key * 2 : -key * 2 - 1;
}

function unzigzag(word: number): number {
  return word % 2 === 0 ? word / 2 : -(word + 1) / 2;
}

function damaged(why: string): FleetdeckError {
  return new FleetdeckError('INTERNAL', `A stored sketch is damaged: ${why}.`);
}
