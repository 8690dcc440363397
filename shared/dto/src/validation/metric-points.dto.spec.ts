import { describe, expect, it } from '@jest/globals';
import { plainToInstance } from 'class-transformer';
import { validateSync, type ValidationError } from 'class-validator';
import { checkMetricPoints } from '../metric-points.check.ts';
import { MAX_POINTS_PER_REQUEST } from '../metrics.ts';
import { MetricPointsDto } from './metric-points.dto.ts';

/** The fields that class-validator refuses, the way a validating pipe runs it. */
function refusedByDto(body: object): string[] {
  const errors = validateSync(plainToInstance(MetricPointsDto, body), {
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
  });
  return fieldsOf(paths(errors, ''));
}

function paths(errors: readonly ValidationError[], parent: string): string[] {
  return errors.flatMap((error) => {
    const field = /^\d+$/.test(error.property)
      ? `${parent}[${error.property}]`
      : `${parent}${parent && '.'}${error.property}`;
    return [...(error.constraints ? [field] : []), ...paths(error.children ?? [], field)];
  });
}

function refusedByCheck(body: object): string[] {
  const checked = checkMetricPoints(body);
  if ('fields' in checked) return fieldsOf(checked.fields.map(({ field }) => field));
  // Of a point among good ones the first problem is told; alone it is told everything.
  const { points } = body as { points: unknown[] };
  return fieldsOf(
    checked.rejected.flatMap(({ index }) => {
      const alone = checkMetricPoints({ points: [points[index]] });
      if (!('fields' in alone)) throw new Error(`Point ${index} is right when it is alone.`);
      return alone.fields.map(({ field }) => field.replace('[0]', `[${index}]`));
    }),
  );
}

/** Which fields, once each. class-validator names the list, or what it lacks, where there is no object. */
function fieldsOf(all: readonly string[]): string[] {
  return [...new Set(all.map((field) => field.replace(/^points(?:\[\d+\]|\.\w+)$/, 'points')))].sort();
}

/** Mulberry32: the same bodies on every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const NAMES = ['cpu', 'a:b', '_x', 'x'.repeat(200)];
const BAD_NAMES = ['', '1st', 'a-b', 'cpu\n', 'ä', 'x'.repeat(201), 7, null, undefined, {}, ['cpu']];
const VALUES = [0, -1.5, 1e300, 5e-324];
const BAD_VALUES = ['1', null, undefined, Number.NaN, Infinity, true, {}, [1]];
const LABELS = [undefined, {}, { host: 'a' }, { a: 'x'.repeat(200), _b: '' }];
const MANY = Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`l${i}`, 'v']));
const BAD_LABELS = [
  null,
  'host:a',
  [],
  ['a'],
  7,
  { '1st': 'a' },
  { host: 7 },
  { host: 'x'.repeat(201) },
  { h: '\0' },
  MANY,
  { h: null },
  { h: {} },
];
const TIMES = [undefined, '2026-01-31T08:00:00.000Z', '2024-02-29T08:00Z', '2026-12-31T23:59:59+05:30'];
const BAD_TIMES = [
  null,
  '',
  'now',
  '2026-01-31',
  '2026-01-31T08:00:00',
  '2026-02-30T08:00:00Z',
  1e12,
  '2026-W05',
  {},
  '2026-01-31T24:00:00Z',
];
const BAD_POINTS = [null, undefined, 'cpu', 7, [], [{ name: 'cpu', value: 1 }], true, {}];
const BAD_LISTS = [null, undefined, 'cpu', {}, [], { name: 'cpu', value: 1 }, 0];

function generate(random: () => number): object {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const often = (good: readonly unknown[], bad: readonly unknown[]): unknown =>
    pick(random() < 0.9 ? good : bad);
  const point = (): unknown => {
    if (random() < 0.05) return pick(BAD_POINTS);
    const made: Record<string, unknown> = { name: often(NAMES, BAD_NAMES), value: often(VALUES, BAD_VALUES) };
    if (random() < 0.5) made['labels'] = often(LABELS, BAD_LABELS);
    if (random() < 0.5) made['at'] = often(TIMES, BAD_TIMES);
    if (random() < 0.05) made[pick(['lables', 'time', 'Name', ''])] = pick([1, undefined, {}]);
    return made;
  };
  const body: Record<string, unknown> = {
    points:
      random() < 0.05 ? pick(BAD_LISTS) : Array.from({ length: 1 + Math.floor(random() * 4) }, () => point()),
  };
  if (random() < 0.05) body[pick(['point', 'extra', ''])] = 1;
  if (random() < 0.02) delete body['points'];
  return body;
}

describe('MetricPointsDto and checkMetricPoints', () => {
  const random = seeded(20_260_131);
  const bodies = Array.from({ length: 600 }, () => generate(random));

  it('refuse the same fields of 600 generated bodies, and accept the same bodies', () => {
    const disagreements = bodies
      .map((body) => ({ body, dto: refusedByDto(body), check: refusedByCheck(body) }))
      .filter(({ dto, check }) => JSON.stringify(dto) !== JSON.stringify(check));
    expect(disagreements).toEqual([]);
  });

  it('were asked with enough good and enough bad bodies for that to mean something', () => {
    const accepted = bodies.filter((body) => refusedByDto(body).length === 0).length;
    expect(accepted).toBeGreaterThan(150);
    expect(accepted).toBeLessThan(450);
  });

  it.each([
    ...BAD_NAMES.map((name) => ({ name, value: 1 })),
    ...BAD_VALUES.map((value) => ({ name: 'cpu', value })),
    ...BAD_LABELS.map((labels) => ({ name: 'cpu', value: 1, labels })),
    ...BAD_TIMES.map((at) => ({ name: 'cpu', value: 1, at })),
    ...BAD_POINTS,
  ])('both refuse the point %j', (point) => {
    const body = { points: [point] };
    expect(refusedByCheck(body)).not.toEqual([]);
    expect(refusedByDto(body)).toEqual(refusedByCheck(body));
  });

  it('both take the most points and refuse one more', () => {
    const most = Array.from({ length: MAX_POINTS_PER_REQUEST }, () => ({ name: 'cpu', value: 1 }));
    expect([refusedByDto({ points: most }), refusedByCheck({ points: most })]).toEqual([[], []]);
    const over = { points: [...most, { name: 'cpu', value: 1 }] };
    expect([refusedByDto(over), refusedByCheck(over)]).toEqual([['points'], ['points']]);
  });

  it('differ where class-transformer drops a name that every object has: the check refuses it', () => {
    const body = JSON.parse('{"points":[{"name":"cpu","value":1,"labels":{"__proto__":"a"}}]}') as object;
    expect(refusedByDto(body)).toEqual([]);
    expect(refusedByCheck(body)).toEqual(['points[0].labels']);
  });
});
