import { keyOf } from './bins.ts';
import { SketchWriter } from './codec.ts';
import { Sketch } from './sketch.ts';

/** Values beyond this many are kept as a sketch, so that a busy series does not grow without bound. */
const MAX_LISTED = 1024;

const writer = new SketchWriter();

/**
 * The values of one series in one window on their way to a sketch. Most series have a few dozen a minute: a list of
 * bins, sorted once at the end, costs a tenth of the memory of a {@link Sketch} and less time.
 */
export class ValueList {
  private keys = new Int32Array(8);
  private listed = 0;
  private sketch: Sketch | null = null;
  private sum = 0;
  private min = Infinity;
  private max = -Infinity;

  /** Adds a finite value. */
  add(value: number): void {
    if (this.listed === this.keys.length) this.makeRoom();
    this.keys[this.listed++] = keyOf(value);
    this.sum += value;
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
  }

  /** The bytes of the sketch of all of them. */
  encode(): Uint8Array {
    if (this.sketch) {
      this.spill(this.sketch);
      return this.sketch.encode();
    }
    const keys = this.keys.subarray(0, this.listed).sort();
    let bins = 0;
    for (let i = 0; i < keys.length; i += 1) if (i === 0 || keys[i] !== keys[i - 1]) bins += 1;
    writer.begin(bins, this.sum, this.min, this.max);
    for (let i = 0; i < keys.length;) {
      const key = keys[i] as number;
      let count = 1;
      while (keys[i + count] === key) count += 1;
      writer.bin(key, count);
      i += count;
    }
    return writer.end();
  }

  private makeRoom(): void {
    if (this.listed < MAX_LISTED) {
      const larger = new Int32Array(this.keys.length * 2);
      larger.set(this.keys);
      this.keys = larger;
      return;
    }
    this.sketch ??= new Sketch();
    this.spill(this.sketch);
  }

  private spill(sketch: Sketch): void {
    for (let i = 0; i < this.listed; i += 1) sketch.addBin(this.keys[i] as number, 1);
    if (this.listed > 0) sketch.addExact(this.listed, this.sum, this.min, this.max);
    this.listed = 0;
    this.sum = 0;
    this.min = Infinity;
    this.max = -Infinity;
  }
}
