import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MAX_BINS, SKETCH_ACCURACY } from './bins.ts';
import { Slices } from '../slices.ts';
import { Sketch } from './sketch.ts';
import { ValueList } from './value-list.ts';

const QUANTILES = [0.5, 0.75, 0.9, 0.95, 0.99, 0.999];

/** Numbers that look random and are the same in every run. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state >>> 0) / 2 ** 32;
  };
}

function normal(next: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
}

const DISTRIBUTIONS: Record<string, (next: () => number) => number> = {
  uniform: (next) => 1 + next() * 999,
  'log-normal': (next) => Math.exp(3 + 1.5 * normal(next)),
  bimodal: (next) => (next() < 0.7 ? 20 + normal(next) : 900 + 50 * normal(next)),
  constant: () => 42,
  'twelve decades': (next) => 10 ** (next() * 12 - 6),
  'the promised range': (next) => 10 ** (next() * 24 - 9),
  'negative and zero': (next) => (next() < 0.2 ? 0 : normal(next) * 1000),
  'all negative': (next) => -Math.exp(2 * normal(next)),
};

function expectAccurate(sketch: Sketch, values: readonly number[]): void {
  const sorted = [...values].sort((a, b) => a - b);
  for (const q of QUANTILES) {
    const real = sorted[Math.floor(q * (sorted.length - 1))] as number;
    const told = sketch.quantile(q) as number;
    expect(Math.abs(told - real)).toBeLessThanOrEqual(0.01 * Math.abs(real));
  }
  expect(sketch.count).toBe(values.length);
  expect(sketch.min).toBe(sorted[0]);
  expect(sketch.max).toBe(sorted.at(-1));
  const sum = values.reduce((total, value) => total + value, 0);
  expect(Math.abs(sketch.sum - sum)).toBeLessThanOrEqual(1e-9 * values.reduce((t, v) => t + Math.abs(v), 0));
}

describe('quantiles', () => {
  it('promise less than 1 %', () => {
    expect(SKETCH_ACCURACY).toBeLessThan(0.01);
  });

  it.each(Object.entries(DISTRIBUTIONS))('of %s values are within 1 %%', (_name, draw) => {
    const next = random(1);
    const values = Array.from({ length: 20_000 }, () => draw(next));
    expectAccurate(Sketch.of(values), values);
  });

  it.each(Object.entries(DISTRIBUTIONS))(
    'of %s values are within 1 %% after any merge order and any encode and decode',
    (_name, draw) => {
      const next = random(2);
      const parts = Array.from({ length: 40 }, () =>
        Array.from({ length: 1 + Math.floor(next() * 400) }, () => draw(next)),
      );
      const values = parts.flat();
      const sketches = parts.map((part, i) => {
        if (i % 2 === 0) return Sketch.of(part);
        const list = new ValueList();
        for (const value of part) list.add(value);
        return Sketch.decode(list.encode());
      });
      const forwards = new Sketch();
      for (const sketch of sketches) forwards.merge(sketch);
      const encoded = new Sketch();
      const bytes = sketches.toReversed().map((sketch) => Buffer.from(sketch.encode()));
      encoded.mergeEncoded(Buffer.concat(bytes));
      // A tree: halves of halves, each encoded on the way.
      const tree = (all: readonly Sketch[]): Sketch => {
        if (all.length === 1) return Sketch.decode((all[0] as Sketch).encode());
        const half = all.length >> 1;
        const left = tree(all.slice(0, half));
        left.merge(tree(all.slice(half)));
        return Sketch.decode(left.encode());
      };
      for (const merged of [forwards, encoded, tree(sketches)]) {
        expectAccurate(merged, values);
        expect(QUANTILES.map((q) => merged.quantile(q))).toEqual(QUANTILES.map((q) => forwards.quantile(q)));
      }
    },
  );

  it('of one value are that value, and of none null', () => {
    const one = Sketch.of([-7.25]);
    expect([0, 0.5, 0.999, 1].map((q) => one.quantile(q))).toEqual([-7.25, -7.25, -7.25, -7.25]);
    const none = new Sketch();
    expect([none.quantile(0.5), none.min, none.max, none.count, none.sum]).toEqual([null, null, null, 0, 0]);
  });

  it('at the ends are the least and the greatest value exactly', () => {
    const sketch = Sketch.of([3, -1, 1234.5, 0]);
    expect([sketch.quantile(0), sketch.quantile(1)]).toEqual([-1, 1234.5]);
  });

  it('are accurate for any values of the promised magnitudes', () => {
    const magnitude = fc.double({ min: 1e-9, max: 1e15, noNaN: true });
    const value = fc.oneof(
      magnitude,
      magnitude.map((m) => -m),
      fc.constant(0),
    );
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 200 }), (values) => {
        expectAccurate(Sketch.decode(Sketch.of(values).encode()), values);
      }),
      { seed: 4, numRuns: 200 },
    );
  });

  it('hold every finite float, the smallest and the largest too', () => {
    const values = [-Number.MAX_VALUE, -Number.MIN_VALUE, Number.MIN_VALUE, 1e-310, 1e300, Number.MAX_VALUE];
    const sketch = Sketch.decode(Sketch.of(values).encode());
    expect(sketch.binCount).toBe(6);
    expect(Math.abs((sketch.quantile(0.81) ?? 0) / 1e300 - 1)).toBeLessThan(0.01);
    expect(sketch.quantile(0.999)).toBeGreaterThan(9e299);
  });
});

describe('a sketch', () => {
  it.each([Number.NaN, Infinity, -Infinity])(
    'refuses %d, naming the field, and keeps what it has',
    (value) => {
      const sketch = Sketch.of([1]);
      expect(() => sketch.add(value)).toThrow(
        expect.objectContaining({
          code: 'INVALID_INPUT',
          fields: [expect.objectContaining({ field: 'value' })],
        }),
      );
      expect(sketch.count).toBe(1);
      expect(sketch.quantile(0.5)).toBe(1);
    },
  );

  it('does not change what it merges', () => {
    const part = Sketch.of([1, 2, 3]);
    const before = part.encode();
    const whole = Sketch.of([10]);
    whole.merge(part);
    whole.merge(new Sketch());
    expect(part.encode()).toEqual(before);
    expect(whole.count).toBe(4);
  });

  it('merges thousands in slices, between which the process does other things', async () => {
    const parts = Array.from({ length: 450 }, (_, i) => Sketch.of([i, i + 1]).encode());
    let now = 0;
    const merged = new Sketch();
    const seen: number[] = [];
    const slices = new Slices(() => (now += 5));
    setImmediate(function look() {
      seen.push(merged.count);
      if (merged.count < 900) setImmediate(look);
    });
    await merged.mergeInSlices(Buffer.concat(parts), slices);
    expect(merged.count).toBe(900);
    expect(merged.sum).toBe(parts.length ** 2);
    expect(seen.slice(0, 4)).toEqual([200, 400, 600, 800]);
  });

  it('can be used again after it was cleared', () => {
    const sketch = Sketch.of([1, 1000, -5]);
    sketch.clear();
    expect(sketch.encode()).toEqual(new Sketch().encode());
    sketch.add(8);
    expect(sketch.encode()).toEqual(Sketch.of([8]).encode());
  });

  it('holds at most 4096 bins: the lowest collapse, the higher quantiles stay, whatever the order of merging', () => {
    const next = random(3);
    const values = Array.from({ length: 30_000 }, () => {
      const magnitude = 10 ** (next() * 24 - 9);
      return next() < 0.4 ? -magnitude : magnitude;
    });
    const whole = Sketch.of(values);
    expect(whole.binCount).toBe(MAX_BINS);
    expectAccurate(whole, values);
    const parts = [values.slice(0, 9000), values.slice(9000, 9100), values.slice(9100)].map((part) =>
      Sketch.of(part),
    );
    const merged = new Sketch();
    for (const part of parts.toReversed()) merged.merge(Sketch.decode(part.encode()));
    expect({ ...exactly(merged), sum: 0 }).toEqual({ ...exactly(whole), sum: 0 });
    expect(whole.encode().length).toBeLessThan(45_100);
  });
});

describe('a list of values', () => {
  it('becomes the bytes of the sketch of the same values, however many they are', () => {
    const next = random(5);
    for (const count of [0, 1, 7, 8, 9, 1024, 1025, 5000]) {
      const values = Array.from({ length: count }, () => Math.round(next() * 1000) - 300);
      const list = new ValueList();
      for (const value of values) list.add(value);
      expect(list.encode()).toEqual(Sketch.of(values).encode());
    }
  });
});

function exactly(sketch: Sketch) {
  return {
    sum: sketch.sum,
    count: sketch.count,
    bins: sketch.binCount,
    quantiles: Array.from({ length: 101 }, (_, i) => sketch.quantile(i / 100)),
  };
}
