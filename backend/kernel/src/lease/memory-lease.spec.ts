import { describe, expect, it } from '@jest/globals';
import { leaseLossOf } from '../ports/lease.port.ts';
import { MemoryLeases } from '../testing/memory-lease.ts';
import { leaseContract } from './lease.contract.ts';

const leases = new MemoryLeases();
leaseContract('MemoryLeases', () => leases.replica());

describe('MemoryLeases', () => {
  it('takes a lease away and says why, and the signal of work that was only stopped says no such thing', async () => {
    const stop = new AbortController();
    const losses: unknown[] = [];
    const done = leases.replica().hold(
      'taken-away',
      (signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            losses.push(leaseLossOf(signal));
            resolve();
          });
          queueMicrotask(() =>
            losses.length === 0 ? leases.lose('taken-away', 'unreachable') : stop.abort(),
          );
        }),
      stop.signal,
    );
    await done;
    expect(losses).toEqual(['unreachable', null]);
    leases.lose('nobody', 'taken');
  });

  it('know a loss also when another copy of the package tells it', () => {
    const foreign = AbortSignal.abort({ name: 'LeaseLost', loss: 'taken' });
    expect(leaseLossOf(foreign)).toBe('taken');
    expect(leaseLossOf(AbortSignal.abort({ name: 'LeaseLost' }))).toBeNull();
    expect(leaseLossOf(new AbortController().signal)).toBeNull();
  });
});
