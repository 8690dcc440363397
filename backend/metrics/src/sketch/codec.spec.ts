import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { GOLDEN_SKETCHES } from '../testing/golden-sketches.ts';
import { MAX_BINS, MAX_KEY } from './bins.ts';
import { MAX_SKETCH_BYTES, readSketches, SketchWriter } from './codec.ts';
import { Sketch } from './sketch.ts';

const DAMAGED = expect.objectContaining({
  code: 'INTERNAL',
  message: expect.stringContaining('stored sketch is damaged'),
});

describe('golden sketches of version 1', () => {
  it.each(Object.entries(GOLDEN_SKETCHES.v1))('stay readable: %s', (_name, { hex, values, quantiles }) => {
    const sketch = Sketch.decode(Buffer.from(hex, 'hex'));
    expect(sketch.count).toBe(values.length);
    expect(sketch.min).toBe(values.length === 0 ? null : Math.min(...values));
    expect(sketch.max).toBe(values.length === 0 ? null : Math.max(...values));
    expect([0.5, 0.95, 0.99].map((q) => sketch.quantile(q))).toEqual(quantiles);
    expect(Buffer.from(Sketch.of(values).encode()).toString('hex')).toBe(hex);
  });
});

describe('the codec', () => {
  it('is compact: 41 values of a minute take less than a third of their own bytes', () => {
    const values = Array.from({ length: 41 }, (_, i) => 20 + ((i * 37) % 41) * 1.7);
    expect(Sketch.of(values).encode().length).toBeLessThan((41 * 8) / 3);
  });

  it('keeps counts far beyond 32 bits', () => {
    const writer = new SketchWriter();
    writer.begin(2, 5, 1, 4);
    writer.bin(-3, 2 ** 40 + 1);
    writer.bin(MAX_KEY, 3);
    const sketch = Sketch.decode(writer.end());
    expect(sketch.count).toBe(2 ** 40 + 4);
  });

  it('fits its bound with the most bins of the largest counts', () => {
    const writer = new SketchWriter();
    writer.begin(MAX_BINS, 1, 1, 1);
    for (let i = 0; i < MAX_BINS; i += 1) writer.bin(i * 17 - 34_000, 2 ** 40);
    const bytes = writer.end();
    expect(bytes.length).toBeLessThanOrEqual(MAX_SKETCH_BYTES);
    expect(Sketch.decode(bytes).binCount).toBe(MAX_BINS);
  });

  it('refuses every truncation', () => {
    const bytes = Sketch.of([1, 2, 2, 3e9, -4]).encode();
    for (let length = 0; length < bytes.length; length += 1) {
      expect(() => Sketch.decode(bytes.subarray(0, length))).toThrow(DAMAGED);
    }
  });

  it('refuses every single flipped bit', () => {
    const bytes = Sketch.of([1, 2, 2, 3e9, -4, 0, ...Array.from({ length: 300 }, () => 7)]).encode();
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const flipped = bytes.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(() => Sketch.decode(flipped)).toThrow(DAMAGED);
    }
  });

  it('answers any bytes with a sketch or the named error, never with more bins than the cap', () => {
    const mutated = fc
      .tuple(
        fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { maxLength: 60 }),
        fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { minLength: 1, maxLength: 6 }),
      )
      .map(([values, changes]) => {
        const bytes = Sketch.of(values).encode();
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
        return bytes;
      });
    const headed = fc.uint8Array({ maxLength: 80 }).map((rest) => Uint8Array.from([1, 0xff, 0x1f, ...rest]));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), mutated, headed), (bytes) => {
        let bins = 0;
        try {
          readSketches(bytes, { addBin: () => (bins += 1), addExact: () => undefined });
        } catch (thrown) {
          expect(thrown).toEqual(DAMAGED);
        }
        expect(bins).toBeLessThanOrEqual(Math.min(MAX_BINS * bytes.length, bytes.length));
      }),
      { seed: 11, numRuns: 3000 },
    );
  });

  it.each([
    ['another version', '02001122', 'version is 2'],
    ['too many bins', '018120', 'the limit is 4096'],
    ['a number without an end', '01ffffffffffffffffffff01', 'a number is too large'],
    ['a key beyond all numbers', `0101${'00'.repeat(24)}feffffff0f`, 'outside of all numbers'],
    ['the same bin twice', `0102${'00'.repeat(24)}0400`, 'two of its bins are one'],
    ['too many values', `0102${'00'.repeat(24)}05fdffffffffffff0f0305`, 'too many values'],
    [
      'a least value above the greatest',
      `0101${'00'.repeat(8)}${'000000000000f03f'}${'00'.repeat(8)}0400`,
      'least value',
    ],
  ])('says what is wrong with %s', (_what, hex, words) => {
    expect(() => new Sketch().mergeEncoded(Buffer.from(hex, 'hex'))).toThrow(words);
  });

  it('reads sketches that stand one after the other and says how many there were', () => {
    const bytes = Buffer.concat([Sketch.of([1]).encode(), new Sketch().encode(), Sketch.of([2, 3]).encode()]);
    const merged = new Sketch();
    expect(readSketches(bytes, merged)).toEqual({ sketches: 3, end: bytes.length });
    expect([merged.count, merged.sum]).toEqual([3, 6]);
    const some = new Sketch();
    const { end } = readSketches(bytes, some, 0, 1);
    expect([some.count, some.sum]).toEqual([1, 1]);
    expect(readSketches(bytes, some, end, 5)).toEqual({ sketches: 2, end: bytes.length });
    expect([some.count, some.sum]).toEqual([3, 6]);
    expect(() => Sketch.decode(bytes)).toThrow('not exactly one sketch');
  });
});
