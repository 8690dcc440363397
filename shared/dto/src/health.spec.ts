import { describe, expect, it } from '@jest/globals';
import { componentStaleMs } from './health.ts';

describe('componentStaleMs', () => {
  it('is three intervals, or three timeouts where those are longer', () => {
    expect(componentStaleMs({ intervalMs: 10_000 })).toBe(30_000);
    expect(componentStaleMs({ intervalMs: 10_000, timeoutMs: 2000 })).toBe(30_000);
    expect(componentStaleMs({ intervalMs: 1000, timeoutMs: 60_000 })).toBe(180_000);
  });
});
