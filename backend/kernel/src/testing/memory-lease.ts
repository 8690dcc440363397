import { LeaseLost, type Lease, type LeaseLossReason } from '../ports/lease.port.ts';

/**
 * Leases within one process, for tests: whoever comes first holds one, and the next in line follows. `lose` takes one
 * away.
 */
export class MemoryLeases {
  private readonly queues = new Map<string, Waiting[]>();
  private readonly fences = new Map<string, number>();

  /** The lease as one replica sees it. */
  replica(): Lease {
    return { hold: (name, work, stop) => this.hold(name, work, stop) };
  }

  /** Takes a lease from its holder, who goes to the end of the line. */
  lose(name: string, loss: LeaseLossReason): void {
    this.queues.get(name)?.[0]?.term?.abort(new LeaseLost(name, loss));
  }

  private async hold(name: string, work: Work, stop: AbortSignal): Promise<void> {
    const queue = this.queues.get(name) ?? [];
    this.queues.set(name, queue);
    while (!stop.aborted) {
      const me: Waiting = { term: null, call: () => undefined };
      const turn = new Promise<void>((resolve) => (me.call = resolve));
      queue.push(me);
      if (queue[0] === me) me.call();
      const onStop = (): void => (me.term ? me.term.abort(stop.reason) : me.call());
      stop.addEventListener('abort', onStop);
      await turn;
      if (!stop.aborted) {
        me.term = new AbortController();
        const fence = (this.fences.get(name) ?? 0) + 1;
        this.fences.set(name, fence);
        await work(me.term.signal, fence).catch(() => undefined);
      }
      stop.removeEventListener('abort', onStop);
      queue.splice(queue.indexOf(me), 1);
      queue[0]?.call();
    }
  }
}

type Work = (signal: AbortSignal, fence: number) => Promise<void>;

interface Waiting {
  term: AbortController | null;
  call: () => void;
}
