import fc from 'fast-check';
import { describe, expect, it } from '@jest/globals';
import {
  foldOthers,
  isCrossed,
  extentOf,
  lonePoints,
  placed,
  thin,
  timeTicks,
  valueTicks,
  zoneOffset,
} from './chartModel.ts';

const HOUR = 3_600_000;

describe('thin', () => {
  it('keeps the smallest and the largest value, the order, and that there are gaps', () => {
    const value = fc.oneof(fc.integer({ min: -1000, max: 1000 }), fc.constant(null));
    fc.assert(
      fc.property(fc.array(value, { maxLength: 3000 }), fc.integer({ min: 4, max: 400 }), (values, most) => {
        const points = values.map((each, at) => ({ at, value: each }));
        const kept = thin(points, most);
        const numbers = (list: typeof kept) =>
          list.flatMap((each) => (each.value === null ? [] : [each.value]));
        if (points.length > most) expect(kept.length).toBeLessThanOrEqual(most * 1.5 + 3);
        expect(Math.min(...numbers(kept))).toBe(Math.min(...numbers(points)));
        expect(Math.max(...numbers(kept))).toBe(Math.max(...numbers(points)));
        expect(kept.map(({ at }) => at)).toEqual(kept.map(({ at }) => at).sort((a, b) => a - b));
        expect(kept.some((each) => each.value === null)).toBe(values.includes(null));
      }),
      { numRuns: 100 },
    );
  });
});

describe('lonePoints', () => {
  it('finds the points that no line reaches, at the ends too', () => {
    const alone = (values: (number | null)[]) =>
      lonePoints(values.map((value, at) => ({ at, value }))).map(({ at }) => at);
    expect(alone([1, null, 2, 3, null, 4, null, null, 0])).toEqual([0, 5, 8]);
    expect(alone([7])).toEqual([0]);
    expect(alone([null, null])).toEqual([]);
    expect(alone([1, 2, 3])).toEqual([]);
  });
});

describe('timeTicks', () => {
  it('are round times of the zone’s clock', () => {
    const from = Date.parse('2026-01-15T08:10:00Z');
    const read = (zone: string) =>
      timeTicks(from, from + 5 * HOUR, zone).map((at) =>
        new Intl.DateTimeFormat('en-GB', { timeZone: zone, timeStyle: 'short' }).format(at),
      );
    expect(read('UTC')).toEqual(['09:00', '10:00', '11:00', '12:00', '13:00']);
    expect(read('Asia/Kathmandu')[0]).toBe('14:00');
  });

  it('are midnights of the zone over days, also where a day has 23 hours', () => {
    const from = Date.parse('2026-03-27T12:00:00Z');
    const ticks = timeTicks(from, from + 4 * 24 * HOUR, 'Europe/Lisbon');
    expect(ticks.map((at) => new Date(at).toISOString().slice(5, 13))).toEqual([
      ...['03-28T00', '03-29T00', '03-29T23', '03-30T23'],
    ]);
  });

  it('are few, in order and inside, whatever the span', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4e9 }), fc.integer({ min: 1, max: 2e10 }), (from, span) => {
        const ticks = timeTicks(from, from + span, 'America/New_York');
        expect(ticks.length).toBeLessThanOrEqual(7);
        for (const at of ticks) expect(at >= from && at <= from + span).toBe(true);
      }),
      { numRuns: 200 },
    );
    expect(timeTicks(5, 5, 'UTC')).toEqual([5]);
  });
});

describe('timeTicks over a change of the clock', () => {
  it.each([
    ['forward', '2026-03-28T18:00:00Z'],
    ['back', '2026-10-24T18:00:00Z'],
  ])('are even hours of the zone before and after it went %s', (_way, from) => {
    const start = Date.parse(from);
    const ticks = timeTicks(start, start + 16 * HOUR, 'Europe/Berlin');
    const hours = ticks.map((at) => new Date(at + zoneOffset(at, 'Europe/Berlin')).getUTCHours());
    expect(hours).toEqual(expect.arrayContaining([21, 0, 3, 6, 9]));
    expect(hours.filter((hour) => hour % 3 !== 0)).toEqual([]);
  });
});

describe('zoneOffset', () => {
  it.each([
    ['UTC', 0],
    ['Asia/Kathmandu', 5.75],
    ['America/New_York', -5],
  ])('of %s is %d h', (zone, hours) => {
    expect(zoneOffset(Date.parse('2026-01-15T00:00:00Z'), zone)).toBe(hours * HOUR);
  });
});

describe('valueTicks', () => {
  it('leave room below a level at their foot, but for one at 0', () => {
    expect(valueTicks(600, 880, 1000, [600])).toEqual([500, 600, 700, 800, 900]);
    expect(valueTicks(600, 880, 1000, [700])).toEqual([600, 700, 800, 900]);
    expect(valueTicks(0, 1000, 1000, [0])).toEqual([0, 250, 500, 750, 1000]);
    expect(valueTicks(-100, 0, 1000, [-100])).toEqual([-125, -100, -75, -50, -25, 0]);
  });

  it('enclose the range, evenly, and begin at 0 where that is near', () => {
    expect(valueTicks(300, 960)).toEqual([0, 250, 500, 750, 1000]);
    expect(valueTicks(900, 1000)).toEqual([900, 925, 950, 975, 1000]);
    expect(valueTicks(0, 0)).toEqual([0, 0.25]);
    const bases = fc.constantFrom(1000 as const, 1024 as const);
    fc.assert(
      fc.property(
        fc.integer({ min: -1e6, max: 1e6 }),
        fc.integer({ max: 1e6, min: 0 }),
        bases,
        (min, span, base) => {
          const ticks = valueTicks(min, min + span, base);
          expect(ticks[0]).toBeLessThanOrEqual(min);
          expect(ticks.at(-1)).toBeGreaterThanOrEqual(min + span);
          expect(ticks.length).toBeLessThanOrEqual(8);
        },
      ),
    );
  });
});

describe('valueTicks of bytes', () => {
  const MiB = 1024 ** 2;

  it('are powers of 2 apart, so that they are round in KiB, MiB and so on', () => {
    const inMiB = valueTicks(400 * MiB, 900 * MiB, 1024).map((tick) => tick / MiB);
    expect(inMiB).toEqual([0, 256, 512, 768, 1024]);
    expect(valueTicks(0, 5 * 1024, 1024)).toEqual([0, 2048, 4096, 6144]);
    expect(valueTicks(0, 700, 1024)).toEqual([0, 256, 512, 768]);
  });

  it('are exact, also of petabytes', () => {
    expect(valueTicks(0, 1024 ** 5, 1024).at(-1)).toBe(1024 ** 5);
  });

  it('are as those of other numbers where the bytes are few, as of a slow rate', () => {
    expect(valueTicks(0, 3, 1024)).toEqual([0, 1, 2, 3]);
    expect(valueTicks(0, 0.4, 1024)).toEqual(valueTicks(0, 0.4));
  });
});

describe('extentOf and placed', () => {
  it('leave out what cannot be read, and take levels in', () => {
    const points = placed([
      { start: 5, value: 1 },
      { start: 'never', value: 9 },
      { start: 7, value: NaN },
    ]);
    expect(points).toEqual([
      { at: 5, value: 1 },
      { at: 7, value: null },
    ]);
    expect(extentOf([points], [4, -2])).toEqual({ from: 5, to: 7, min: -2, max: 4 });
    expect(extentOf([[{ at: 1, value: null }]], [4])).toBeNull();
  });
});

describe('foldOthers', () => {
  const line = (id: string, ...values: (number | null)[]) => ({
    id,
    label: id,
    points: values.map((value, at) => ({ at, value })),
  });
  const lines = [
    ...['a', 'b', 'c', 'd'].map((id) => line(id, 1, 1, 1)),
    ...[line('e', 1, 2, 4), line('f', 3, null, 6)],
  ];
  const name = (count: number): string => `${count} others`;

  it('sums up those that are too many, or takes their mean, and leaves a gap where one is missing', () => {
    expect(foldOthers(lines, 'sum', name).at(-1)).toEqual({
      ...line('fleetdeck:other', 4, null, 10),
      label: '2 others',
    });
    expect(
      foldOthers(lines, 'mean', name)
        .at(-1)
        ?.points.map(({ value }) => value),
    ).toEqual([2, null, 5]);
    expect(foldOthers(lines, 'sum', name)).toHaveLength(5);
  });

  it('leaves five alone, and drops the others where nobody says how they become one', () => {
    expect(foldOthers(lines.slice(0, 5), 'sum', name)).toEqual(lines.slice(0, 5));
    expect(foldOthers(lines, undefined, name)).toEqual(lines.slice(0, 5));
  });
});

describe('isCrossed', () => {
  it.each([
    [{ value: 5 }, true],
    [{ value: 6 }, false],
    [{ value: 2, side: 'below' }, true],
    [{ value: 1, side: 'below' }, false],
  ] as const)('of %j is %s for values from 2 to 5', (threshold, crossed) => {
    const points = [2, null, 5].map((value, at) => ({ at, value }));
    expect(isCrossed({ label: '', ...threshold }, [{ id: 'a', label: 'a', points }])).toBe(crossed);
  });
});
