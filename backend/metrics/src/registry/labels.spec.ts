import { describe, expect, it } from '@jest/globals';
import { canonicalLabels, labelsHash, seriesLabelsProblem } from './labels.ts';

describe('canonicalLabels', () => {
  it('is the same whatever the order, and different for different sets', () => {
    expect(canonicalLabels({ b: '2', a: '1' })).toBe('{"a":"1","b":"2"}');
    expect(canonicalLabels({ a: '1', b: '2' })).toBe(canonicalLabels({ b: '2', a: '1' }));
    expect(canonicalLabels({})).toBe('{}');
    expect(canonicalLabels({ a: '1","b":"2' })).not.toBe(canonicalLabels({ a: '1', b: '2' }));
    expect(JSON.parse(canonicalLabels({ a: '"\\' }))).toEqual({ a: '"\\' });
  });

  it('has a hash of fixed length', () => {
    expect(labelsHash(canonicalLabels({ a: 'x'.repeat(200) }))).toMatch(/^[0-9a-f]{32}$/);
    expect(labelsHash('{}')).not.toBe(labelsHash('{"a":"1"}'));
  });
});

describe('seriesLabelsProblem', () => {
  it.each([
    [{ host: 'a' }, null, null],
    [{ host: 'a' }, ['host'], null],
    [{ host: 'a' }, [], 'must not have the label "host"; the metric declares none'],
    [{ zone: 'a' }, ['host', 'x'], 'must not have the label "zone"; the metric declares host, x'],
    [{ host: 'half \ud800' }, null, 'must have well-formed texts as values; that of "host" is not one'],
    [null, null, 'must be an object of label names and their values'],
  ])('of %j where %j are declared is %j', (labels, allowed, problem) => {
    expect(seriesLabelsProblem(labels, allowed && new Set(allowed))).toBe(problem);
  });
});
