import { describe, expect, it } from '@jest/globals';
import { TokenBucket } from './token-bucket.ts';

describe('TokenBucket', () => {
  it('lets its capacity through at once and then says how long to wait', () => {
    const bucket = new TokenBucket(2, 10, 0);
    expect([bucket.take(0), bucket.take(0)]).toEqual([0, 0]);
    expect(bucket.take(0)).toBe(100);
  });

  it('fills at its rate', () => {
    const bucket = new TokenBucket(1, 10, 0);
    bucket.take(0);
    expect(bucket.take(60)).toBe(40);
    expect(bucket.take(100)).toBe(0);
  });

  it('never holds more than its capacity', () => {
    const bucket = new TokenBucket(2, 10, 0);
    const granted = [1, 2, 3].map(() => bucket.take(60_000));
    expect(granted).toEqual([0, 0, 100]);
  });

  it('takes a clock that goes back as one that stands still', () => {
    const bucket = new TokenBucket(1, 10, 1000);
    bucket.take(1000);
    expect(bucket.take(0)).toBe(100);
  });
});
