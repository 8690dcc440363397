import { describe, expect, it } from '@jest/globals';
import { Slices } from './slices.ts';

describe('long work in slices', () => {
  it('goes on for 5 ms at a time, and lets the process do what waits in between', async () => {
    let now = 0;
    const slices = new Slices(() => now);
    const order: string[] = [];
    for (let step = 1; step <= 12; step += 1) {
      setImmediate(() => order.push(`other ${step}`));
      order.push(`work ${step}`);
      now += 1;
      if (slices.over) await slices.pause();
    }
    expect(order.indexOf('other 5')).toBe(order.indexOf('work 6') - 1);
    expect(order.indexOf('other 1')).toBe(order.indexOf('work 5') + 1);
    expect(order.indexOf('other 10')).toBe(order.indexOf('work 11') - 1);
  });
});
