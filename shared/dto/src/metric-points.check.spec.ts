import { describe, expect, it } from '@jest/globals';
import { checkMetricPoints } from './metric-points.check.ts';
import { MAX_POINTS_PER_REQUEST, MAX_REJECTED_POINTS } from './metrics.ts';
import { MAX_FIELD_PROBLEMS, type FieldProblem } from './problem.ts';

const good = { name: 'cpu_seconds', value: 0.5 };

function problems(body: unknown): FieldProblem[] {
  const checked = checkMetricPoints(body);
  if (!('fields' in checked)) throw new Error('The body was accepted.');
  return checked.fields;
}

describe('checkMetricPoints', () => {
  it('gives back the very points of a good body', () => {
    const points = [
      good,
      { name: 'a:b', value: -1e300, labels: { host: 'a' }, at: '2026-01-31T08:00:00.000Z' },
      { name: 'A', value: 0, labels: undefined, at: undefined },
    ];
    const checked = checkMetricPoints({ points });
    expect(checked).toEqual({ points, places: [0, 1, 2], rejected: [], rejectedCount: 0 });
  });

  it.each([[null], [undefined], ['points'], [7], [[good]]])('refuses the body %j as a whole', (body) => {
    expect(problems(body)).toEqual([{ field: 'body', message: 'must be an object with the array "points"' }]);
  });

  it.each([[{}], [{ points: null }], [{ points: good }], [{ points: [] }]])(
    'asks %j for an array of points',
    (body) => {
      expect(problems(body)).toEqual([{ field: 'points', message: 'must be an array of 1 to 5000 points' }]);
    },
  );

  it('takes the most points that are allowed and refuses one more', () => {
    const most = Array.from({ length: MAX_POINTS_PER_REQUEST }, () => good);
    expect(checkMetricPoints({ points: most })).toHaveProperty('points');
    expect(problems({ points: [...most, good] })).toEqual([
      { field: 'points', message: 'must be an array of 1 to 5000 points' },
    ]);
  });

  it.each<[string, string, unknown]>([
    ['points[1]', 'must be an object with name and value', null],
    ['points[1]', 'must be an object with name and value', [good]],
    ['points[1]', 'must be an object with name and value', 'cpu'],
    ['points[1].name', 'must be a metric', { value: 1 }],
    ['points[1].name', 'must be a metric', { ...good, name: 'cpu-seconds' }],
    ['points[1].name', 'must be a metric', { ...good, name: 'x'.repeat(201) }],
    ['points[1].value', 'must be a finite number', { name: 'cpu' }],
    ['points[1].value', 'must be a finite number', { ...good, value: '1' }],
    ['points[1].value', 'must be a finite number', JSON.parse('{"name":"cpu","value":1e999}')],
    ['points[1].labels', '"my-host" is not one', { ...good, labels: { 'my-host': 'a' } }],
    ['points[1].labels', 'must be an object', { ...good, labels: null }],
    ['points[1].at', 'must be an ISO 8601 time', { ...good, at: '2026-02-30T08:00:00Z' }],
    ['points[1].at', 'must be an ISO 8601 time', { ...good, at: null }],
    ['points[1].lables', 'is not a known field', { ...good, lables: {} }],
    ['points[1].__proto__', 'is not a known field', JSON.parse('{"name":"cpu","value":1,"__proto__":{}}')],
  ])('says of %s that it %s', (field, words, point) => {
    const checked = checkMetricPoints({ points: [good, point, good] });
    expect(checked).toMatchObject({ places: [0, 2], rejected: [{ index: 1, field }], rejectedCount: 1 });
    expect('rejected' in checked && checked.rejected[0]?.message).toContain(words);
    const alone = problems({ points: [point] });
    expect(alone).toMatchObject([{ field: field.replace('1', '0') }]);
  });

  it('refuses an unknown field beside the points', () => {
    expect(problems({ points: [good], source: 'a' })).toEqual([
      { field: 'source', message: 'is not a known field' },
    ]);
  });

  it('names no more fields and no more points than an answer may carry, and counts the rest', () => {
    const bad = { name: '', value: 'x' };
    const all = Array.from({ length: 1000 }, () => bad);
    expect(problems({ points: all })).toHaveLength(MAX_FIELD_PROBLEMS);
    const mixed = checkMetricPoints({ points: [...all, good] });
    expect(mixed).toMatchObject({ points: [good], places: [1000], rejectedCount: 1000 });
    expect('rejected' in mixed && mixed.rejected).toHaveLength(MAX_REJECTED_POINTS);
  });

  it('cuts the answer off when a single body has too many unknown fields', () => {
    const body = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`f${i}`.padEnd(500, 'x'), 1]));
    const fields = problems(body);
    expect(fields).toHaveLength(MAX_FIELD_PROBLEMS);
    expect(JSON.stringify(fields).length).toBeLessThan(4000);
  });
});
