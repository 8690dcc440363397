import { describe, expect, it } from '@jest/globals';
import { useMetricsSuite } from '../testing/metrics-suite.ts';
import { bytesArray, doubleArray, integerArray } from './array-parameters.ts';

const suite = useMetricsSuite();

describe('an array parameter', () => {
  it.each([
    { type: 'integer[]', parameter: integerArray, elements: [0, -1, null, 2_147_483_647, -2_147_483_648] },
    { type: 'integer[]', parameter: integerArray, elements: [] },
    {
      type: 'double precision[]',
      parameter: doubleArray,
      elements: [0.1, -1e-300, 1.7e308, null, Infinity, 1_772_539_200_000.123],
    },
    { type: 'double precision[]', parameter: doubleArray, elements: [null] },
    {
      type: 'bytea[]',
      parameter: bytesArray,
      elements: [Buffer.from([0, 255, 92, 34]), null, Buffer.alloc(0), Buffer.alloc(70_000, 7)],
    },
  ])('of type $type comes to PostgreSQL as it was: $elements', async ({ type, parameter, elements }) => {
    const [row] = await suite.database.dataSource.query<{ elements: unknown[] }[]>(
      `select $1::${type} as elements`,
      [(parameter as (elements: readonly unknown[]) => Buffer)(elements)],
    );
    expect(row?.elements).toEqual(elements);
  });

  it('refuses an integer that does not fit', () => {
    expect(() => integerArray([2_147_483_648])).toThrow('out of range');
  });
});
