import { afterEach, describe, expect, it } from '@jest/globals';
import type { Lease } from '../ports/lease.port.ts';

/** What every lease has to do. `replica` gives the lease as another process of the same installation sees it. */
export function leaseContract(name: string, replica: () => Lease): void {
  describe(`${name}, as every lease`, () => {
    const running: { stop: AbortController; done: Promise<void> }[] = [];
    let count = 0;
    afterEach(async () => {
      for (const { stop } of running) stop.abort();
      await Promise.all(running.splice(0).map(({ done }) => done));
    });

    /** A replica that works until it loses the lease, and notes its terms. */
    function start(lease: string) {
      const stop = new AbortController();
      const terms: { fence: number; ended: boolean }[] = [];
      let next: () => void = () => undefined;
      let waiting = new Promise<void>((resolve) => (next = resolve));
      const done = replica().hold(
        lease,
        (signal, fence) => {
          const term = { fence, ended: false };
          terms.push(term);
          next();
          return new Promise<void>((resolve) => {
            const end = (): void => {
              term.ended = true;
              resolve();
            };
            if (signal.aborted) end();
            else signal.addEventListener('abort', end);
          });
        },
        stop.signal,
      );
      running.push({ stop, done });
      const term = async (): Promise<void> => {
        await waiting;
        waiting = new Promise((resolve) => (next = resolve));
      };
      return { stop, terms, done, term };
    }

    const fresh = (): string => `contract-${(count += 1)}-${Math.random()}`;

    it('lets one replica work at a time, and the next when the first stops, with a higher fence', async () => {
      const lease = fresh();
      const first = start(lease);
      await first.term();
      const second = start(lease);
      const third = start(`${lease}-another`);
      await third.term();
      expect([first.terms.length, second.terms.length]).toEqual([1, 0]);
      first.stop.abort();
      await first.done;
      expect(first.terms[0]?.ended).toBe(true);
      await second.term();
      expect(second.terms[0]?.fence).toBeGreaterThan(first.terms[0]?.fence ?? Infinity);
    });

    it('is given back by work that ends or fails by itself, and taken again', async () => {
      const stop = new AbortController();
      const fences: number[] = [];
      const done = replica().hold(
        fresh(),
        (_signal, fence) => {
          fences.push(fence);
          if (fences.length === 3) stop.abort();
          return fences.length === 1 ? Promise.reject(new Error('broken')) : Promise.resolve();
        },
        stop.signal,
      );
      await done;
      expect(fences).toHaveLength(3);
      expect([...fences].sort((a, b) => a - b)).toEqual(fences);
    });

    it('does not begin when it is stopped already', async () => {
      const stop = new AbortController();
      stop.abort();
      await replica().hold(fresh(), () => Promise.reject(new Error('must not run')), stop.signal);
      expect(stop.signal.aborted).toBe(true);
    });
  });
}
