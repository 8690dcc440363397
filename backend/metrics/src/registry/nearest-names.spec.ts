import { describe, expect, it } from '@jest/globals';
import { nearestNames } from './nearest-names.ts';

describe('nearestNames', () => {
  const known = ['process_cpu_percent', 'process_memory_bytes', 'http_requests_total', 'cpu'];

  it.each([
    ['proces_cpu_percent', ['cpu', 'process_cpu_percent']],
    ['HTTP_REQUESTS', ['http_requests_total']],
    ['cpv', ['cpu']],
    ['something_else_entirely', []],
    ['', []],
  ])('of %j are %j', (asked, nearest) => {
    expect(nearestNames(asked, known)).toEqual(nearest);
  });

  it('are at most three, the nearest first', () => {
    expect(nearestNames('abc', ['abd', 'abcde', 'abx', 'aby', 'abc1'])).toEqual(['abc1', 'abcde', 'abd']);
  });
});
