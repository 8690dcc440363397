import { readFileSync } from 'node:fs';
import { cpus, freemem, totalmem } from 'node:os';
import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks';

/** Turns successive totals of busy and whole CPU time into the share of the time between them. */
export class CpuShare {
  private last: { busy: number; total: number } | null = null;

  /** Percent since the call before; `null` the first time and when no time has passed. */
  next(busy: number, total: number): number | null {
    const last = this.last;
    this.last = { busy, total };
    if (last === null || total <= last.total) return null;
    return Math.max(0, ((busy - last.busy) / (total - last.total)) * 100);
  }
}

/** Busy and whole time of all cores since the machine started, in milliseconds. */
export function hostCpuTimes(): { busy: number; total: number } {
  let busy = 0;
  let total = 0;
  for (const { times } of cpus()) {
    const working = times.user + times.nice + times.sys + times.irq;
    busy += working;
    total += working + times.idle;
  }
  return { busy, total };
}

/** Share of the memory that is not available, in percent. */
export function hostMemoryPercent(): number {
  return (1 - availableMemory() / totalmem()) * 100;
}

// What Linux calls available counts reclaimable caches as free, which freemem() does not.
function availableMemory(): number {
  try {
    const match = /^MemAvailable:\s+(\d+) kB/m.exec(readFileSync('/proc/meminfo', 'utf8'));
    if (match) return Number(match[1]) * 1024;
  } catch {
    // Not Linux.
  }
  return freemem();
}

const NANOSECONDS_A_MILLISECOND = 1e6;
const RESOLUTION_MS = 10;

/** Measures how late the event loop runs its timers. */
export class EventLoopDelay {
  private readonly histogram: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

  constructor() {
    this.histogram.enable();
  }

  /**
   * The longest since the call before, in milliseconds; `null` when nothing was measured. The longest of many seconds is
   * the longest of theirs, which is true of no percentile.
   */
  takeLongest(): number | null {
    const measured = this.histogram.count > 0 ? this.histogram.max / NANOSECONDS_A_MILLISECOND : null;
    this.histogram.reset();
    // The histogram counts the timer's own interval too.
    return measured === null ? null : Math.max(0, measured - RESOLUTION_MS);
  }

  stop(): void {
    this.histogram.disable();
  }
}
