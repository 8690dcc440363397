import { messageOf, type Clock } from '@fleetdeck/kernel';
import type { AlertingTimers } from '../timers.ts';
import type { Delivery, NoticeSink } from './notice-sink.ts';

/** How notices are tried. */
export interface DeliveryOptions {
  /**
   * How often one notice is tried at a sink before it is given up; not one that is the first to tell of what still
   * fires, nor, for `resolvedRetryMs`, the end of what the sink was told of.
   */
  maxAttempts: number;
  /** For how long the end of what a sink was told of is tried there, in milliseconds since the notice was made. */
  resolvedRetryMs: number;
  /** The first wait, at most; doubles with each failure, and chance takes a part of it. In milliseconds. */
  retryBaseMs: number;
  /** The longest wait, in milliseconds. */
  retryCapMs: number;
  /** What one attempt may take, in milliseconds. */
  deadlineMs: number;
  /**
   * Notices that may wait for one sink. For one more the oldest reminder is given up, else the oldest that nobody misses
   * as all of it is over, else the oldest end of what the sink was told of, else the oldest.
   */
  maxWaiting: number;
}

/** What the queue tells its owner. */
export interface DeliveryListener {
  /** A delivery has changed and should be stored. */
  changed(delivery: Delivery): void;
  /** A notice will not arrive, or an attempt failed; one sentence without secrets. */
  failed(delivery: Delivery, sentence: string): void;
  /** Whether an incident has not ended. */
  lasts(incidentId: string): boolean;
}

/**
 * Brings notices to their sinks: each sink gets one after the other, in order, so that an end never comes before its
 * begin; a sink that is away holds up no other. While the first of a line waits to be tried again, those of other
 * incidents pass it, as its receiver may only choke on that one; when one of these fails too the sink counts as away, and
 * the line rests until the first is due: only that uses up its attempts.
 */
export class DeliveryQueue {
  private readonly lines: ReadonlyMap<string, Line>;
  private held = false;

  constructor(
    sinks: readonly NoticeSink[],
    private readonly options: DeliveryOptions,
    private readonly clock: Clock,
    private readonly timers: AlertingTimers,
    private readonly listener: DeliveryListener,
  ) {
    this.lines = new Map(
      sinks.map((sink) => [
        sink.name,
        { sink, waiting: [], told: new Set(), busy: null, cancel: null, resting: false },
      ]),
    );
  }

  get sinkNames(): string[] {
    return [...this.lines.keys()];
  }

  /** How many notices wait, for all sinks together. */
  get waiting(): number {
    return [...this.lines.values()].reduce((sum, { waiting }) => sum + waiting.length, 0);
  }

  /** The sinks to which a notice made before a time has failed to come so far, with the last failure of each. */
  failingSince(before: number): { sink: string; lastError: string }[] {
    return [...this.lines.values()].flatMap(({ sink, waiting }) => {
      const late = waiting.find(
        ({ lastError, notice }) => lastError !== null && Date.parse(notice.at) <= before,
      );
      return late?.lastError == null ? [] : [{ sink: sink.name, lastError: late.lastError }];
    });
  }

  /** Notes that a sink was told that incidents fire. */
  toldBefore(sink: string, incidentIds: readonly string[]): void {
    const line = this.lines.get(sink);
    for (const id of incidentIds) line?.told.add(id);
  }

  /** Whether a sink was told that an incident fires, or a notice that tells it waits. */
  knows(sink: string, incidentId: string): boolean {
    const line = this.lines.get(sink);
    if (!line) return false;
    return line.told.has(incidentId) || line.waiting.some((each) => incidentsOf(each).includes(incidentId));
  }

  /** Adds a delivery at the end of its sink's line. One for a sink that is no longer there is given up. */
  add(delivery: Delivery): void {
    const line = this.lines.get(delivery.sink);
    if (!line) {
      this.settle(delivery, 'abandoned', `There is no sink "${delivery.sink}" any more.`);
      return;
    }
    if (line.waiting.length >= this.options.maxWaiting) this.makeRoom(line);
    line.waiting.push(delivery);
    this.pump(line);
  }

  /** Sends what has become due or was released. */
  wake(): void {
    for (const line of this.lines.values()) this.pump(line);
  }

  /** Resolves when nothing is on its way at this moment. */
  async idle(): Promise<void> {
    for (;;) {
      const busy = [...this.lines.values()].flatMap((line) => (line.busy ? [line.busy.done] : []));
      if (busy.length === 0) return;
      await Promise.all(busy);
    }
  }

  /** Begins no further attempt; those on their way may still arrive. */
  hold(): void {
    this.held = true;
  }

  /** Ends all attempts; what waits stays stored. */
  async stop(): Promise<void> {
    for (const line of this.lines.values()) {
      line.waiting.length = 0;
      line.told.clear();
      line.cancel?.();
      line.busy?.abort.abort();
    }
    await this.idle();
  }

  private makeRoom(line: Line): void {
    // Never the one that is on its way.
    const free = line.waiting.filter((delivery) => delivery !== line.busy?.delivery);
    const victim =
      free.find(({ notice }) => notice.kind === 'reminder') ??
      free.find((delivery) => !this.isFirstWord(delivery) && !isLastWord(line, delivery)) ??
      free.find((delivery) => !this.isFirstWord(delivery)) ??
      free[0];
    if (!victim) return;
    line.waiting.splice(line.waiting.indexOf(victim), 1);
    this.settle(victim, 'abandoned', `Too many notices wait for sink "${line.sink.name}".`);
  }

  /** Whether it tells first of something that lasts: nobody else would tell of it. */
  private isFirstWord(delivery: Delivery): boolean {
    return delivery.notice.kind === 'firing' && incidentsOf(delivery).some((id) => this.listener.lasts(id));
  }

  /** Whether it is tried however often it has failed. */
  private isTriedOn(line: Line, delivery: Delivery): boolean {
    if (this.isFirstWord(delivery)) return true;
    const age = this.clock.now() - Date.parse(delivery.notice.at);
    return isLastWord(line, delivery) && age < this.options.resolvedRetryMs;
  }

  private pump(line: Line): void {
    if (line.busy || this.held) return;
    line.cancel?.();
    line.cancel = null;
    const first = line.waiting[0];
    if (!first) return;
    const wait = first.nextAttemptAt - this.clock.now();
    if (first.released && wait <= 0) {
      line.resting = false;
      this.send(line, first);
      return;
    }
    const other = line.resting ? undefined : this.nextBeside(line, first);
    if (other) {
      this.send(line, other);
    } else if (first.released) {
      // A clock that was set back must not hold notices up for longer than any wait can be.
      line.cancel = this.timers.after(Math.min(wait, this.options.retryCapMs), () => {
        first.nextAttemptAt = Math.min(first.nextAttemptAt, this.clock.now());
        this.pump(line);
      });
    }
  }

  /** The next that shares no incident with one before it. */
  private nextBeside(line: Line, first: Delivery): Delivery | undefined {
    const before = new Set(incidentsOf(first));
    return line.waiting.slice(1).find((delivery) => {
      const mayPass = incidentsOf(delivery).every((id) => !before.has(id));
      for (const id of incidentsOf(delivery)) before.add(id);
      return mayPass && delivery.released && delivery.nextAttemptAt <= this.clock.now();
    });
  }

  private send(line: Line, delivery: Delivery): void {
    const abort = new AbortController();
    const done = this.attempt(line, delivery, abort).then(() => {
      line.busy = null;
      this.pump(line);
    });
    line.busy = { delivery, abort, done };
  }

  private async attempt(line: Line, delivery: Delivery, abort: AbortController): Promise<void> {
    const notice = told(line, delivery);
    const passes = delivery !== line.waiting[0];
    if (notice === null) {
      leave(line, delivery);
      this.settle(delivery, 'abandoned', 'Nobody was told of its begin here.', true);
      return;
    }
    delivery.attempts += 1;
    const { deadlineMs, maxAttempts } = this.options;
    const cancel = this.timers.after(deadlineMs, () => abort.abort());
    try {
      await new Promise<void>((resolve, reject) => {
        // Also at a stop: a sink of one's own may not heed the signal.
        abort.signal.addEventListener('abort', () => reject(new Error(`No answer within ${deadlineMs} ms.`)));
        line.sink.deliver(notice, abort.signal).then(resolve, reject);
      });
      cancel();
      leave(line, delivery);
      for (const { incidentId } of notice.incidents) {
        if (notice.kind === 'resolved') line.told.delete(incidentId);
        else line.told.add(incidentId);
      }
      this.settle(delivery, 'sent', null);
    } catch (thrown) {
      cancel();
      // Stopped meanwhile: the next evaluator tries again, under the same id.
      if (!line.waiting.includes(delivery)) return;
      const sentence = messageOf(thrown);
      const refused = (thrown as { name?: unknown } | null)?.name === 'NoticeRefused';
      if (passes && !refused) {
        delivery.attempts -= 1;
        line.resting = true;
        return;
      }
      if (refused || (delivery.attempts >= maxAttempts && !this.isTriedOn(line, delivery))) {
        leave(line, delivery);
        this.settle(delivery, 'abandoned', sentence);
        return;
      }
      delivery.lastError = sentence;
      delivery.nextAttemptAt = this.clock.now() + this.backOff(delivery.attempts);
      this.listener.changed(delivery);
      this.listener.failed(delivery, sentence);
    }
  }

  private backOff(attempts: number): number {
    const { retryBaseMs, retryCapMs } = this.options;
    return this.timers.random() * Math.min(retryCapMs, retryBaseMs * 2 ** (attempts - 1));
  }

  private settle(
    delivery: Delivery,
    status: 'sent' | 'abandoned',
    error: string | null,
    quiet = false,
  ): void {
    delivery.status = status;
    delivery.doneAt = this.clock.now();
    delivery.lastError = error;
    this.listener.changed(delivery);
    if (error !== null && !quiet) this.listener.failed(delivery, error);
  }
}

interface Line {
  readonly sink: NoticeSink;
  readonly waiting: Delivery[];
  /** Incidents of which the sink was told that they fire. */
  readonly told: Set<string>;
  busy: { delivery: Delivery; abort: AbortController; done: Promise<void> } | null;
  cancel: (() => void) | null;
  /** Whether the sink seems to be away, so that nothing passes the first. */
  resting: boolean;
}

/** Takes a delivery out of its line, where it is no more after a stop. */
function leave(line: Line, delivery: Delivery): void {
  const place = line.waiting.indexOf(delivery);
  if (place >= 0) line.waiting.splice(place, 1);
}

function incidentsOf({ notice }: Delivery): string[] {
  return notice.incidents.map(({ incidentId }) => incidentId);
}

/** Whether it is the end of something that the sink was told of, and would show as open for ever. */
function isLastWord(line: Line, delivery: Delivery): boolean {
  return delivery.notice.kind === 'resolved' && incidentsOf(delivery).some((id) => line.told.has(id));
}

/** The notice as the sink should get it: an end only of what it was told of; `null` when nothing is left. */
function told(line: Line, { notice }: Delivery): Delivery['notice'] | null {
  if (notice.kind !== 'resolved') return notice;
  const incidents = notice.incidents.filter(({ incidentId }) => line.told.has(incidentId));
  return incidents.length === 0 ? null : { ...notice, incidents };
}
