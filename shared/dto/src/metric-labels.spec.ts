import { describe, expect, it } from '@jest/globals';
import { labelsProblem } from './metric-labels.ts';
import { MAX_LABELS } from './metrics.ts';

function many(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`l${i}`, 'v']));
}

describe('labelsProblem', () => {
  it.each([
    [{}],
    [{ host: 'a', zone: '' }],
    [{ host: 'x'.repeat(200) }],
    [many(MAX_LABELS)],
    [{ constructor: 'a' }],
  ])('finds nothing wrong with %j', (labels) => {
    expect(labelsProblem(labels)).toBeNull();
  });

  it.each([
    ['must be an object', null],
    ['must be an object', undefined],
    ['must be an object', ['host']],
    ['must be an object', 'host:a'],
    ['must have at most 20 labels', many(MAX_LABELS + 1)],
    ['"my-host" is not one', { 'my-host': 'a' }],
    ['"" is not one', { '': 'a' }],
    ['"__proto__" is not one', JSON.parse('{"__proto__":"a"}')],
    ['that of "host" is not one', { host: 7 }],
    ['that of "host" is not one', { host: null }],
    ['that of "host" is not one', { host: 'x'.repeat(201) }],
    ['that of "host" is not one', { host: 'a\0b' }],
  ])('says "%s" of %j', (words, labels) => {
    expect(labelsProblem(labels)).toContain(words);
  });

  it('does not repeat a very long name in full', () => {
    expect(labelsProblem({ ['-'.repeat(100_000)]: 'a' })?.length).toBeLessThan(200);
  });
});
