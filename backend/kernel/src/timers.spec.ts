import { describe, expect, it } from '@jest/globals';
import { systemTimers, withDeadline, type Timers } from './timers.ts';

/** Timers that fire when they are told to. */
function timersByHand() {
  const waiting = new Map<() => void, number>();
  const timers: Timers = {
    after(ms, work) {
      waiting.set(work, ms);
      return () => waiting.delete(work);
    },
  };
  return { timers, waiting, fire: () => [...waiting.keys()].forEach((work) => work()) };
}

const late = () => new Error('late');

describe('withDeadline', () => {
  it('gives the outcome of punctual work, well or not, and leaves no wait behind', async () => {
    const { timers, waiting } = timersByHand();
    await expect(withDeadline(Promise.resolve(7), 100, timers, late)).resolves.toBe(7);
    await expect(withDeadline(Promise.reject(new Error('broken')), 100, timers, late)).rejects.toThrow(
      'broken',
    );
    expect(waiting.size).toBe(0);
  });

  it('rejects late work after as long as it was given, and takes no notice of what becomes of it', async () => {
    const { timers, waiting, fire } = timersByHand();
    let fail: (thrown: Error) => void = () => undefined;
    const work = new Promise<number>((_, reject) => (fail = reject));
    const outcome = withDeadline(work, 100, timers, late);
    expect([...waiting.values()]).toEqual([100]);
    fire();
    await expect(outcome).rejects.toThrow('late');
    // Would end the process as an unhandled rejection if anybody still waited.
    fail(new Error('broken later'));
    await expect(work).rejects.toThrow('broken later');
  });
});

describe("the machine's own timers", () => {
  it('fire, or are cancelled', async () => {
    const fired: string[] = [];
    systemTimers.after(0, () => fired.push('cancelled'))();
    // Only another timer keeps the loop alive here: the machine's own do not.
    const alive = setTimeout(() => undefined, 10_000);
    await new Promise<void>((resolve) => void systemTimers.after(1, resolve));
    clearTimeout(alive);
    expect(fired).toEqual([]);
  });

  it('do not keep the process alive', () => {
    const before = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const cancel = systemTimers.after(60_000, () => undefined);
    expect(process.getActiveResourcesInfo().filter((name) => name === 'Timeout')).toHaveLength(before);
    cancel();
  });

  it('spread by a share of one', () => {
    for (let count = 0; count < 20; count += 1) {
      const share = systemTimers.random();
      expect(share >= 0 && share < 1).toBe(true);
    }
  });
});
