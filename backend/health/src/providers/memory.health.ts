import { totalmem } from 'node:os';
import { getHeapStatistics } from 'node:v8';
import { severityOf } from '@fleetdeck/dto';
import type { HealthCheckContributor, HealthCheckOptions } from '../health.options.ts';
import { judgeShare, percentOf, type ShareLimits } from './share.ts';

/** What the process uses and may use, in bytes. */
export interface MemoryFigures {
  rss: number;
  heapUsed: number;
  heapLimit: number;
  /** What the process may use in all, in a container the container's; `null` when nobody limits it. */
  memoryLimit: number | null;
}

/** Options of {@link memoryHealth}. */
export interface MemoryHealthOptions extends HealthCheckOptions, Partial<ShareLimits> {
  /** @default 'memory' */
  name?: string;
  /** Share of the heap limit, or of the memory limit, above which it is degraded. @default 0.85 */
  degradedAbove?: number;
  /** The same for critical. @default 0.95 */
  criticalAbove?: number;
  /** Gives the figures. @default those of this process */
  read?: () => MemoryFigures;
}

/**
 * Watches this process' heap against V8's limit, and its whole memory against that of the container, whichever is
 * nearer. Optional by default, as the other checks of the process itself.
 */
export function memoryHealth({
  name = 'memory',
  degradedAbove = 0.85,
  criticalAbove = 0.95,
  read = ownMemory,
  ...options
}: MemoryHealthOptions = {}): HealthCheckContributor {
  const limits = { degradedAbove, criticalAbove };
  return {
    healthName: name,
    healthOptions: { criticality: 'optional', ...options },
    checkHealth() {
      const { rss, heapUsed, heapLimit, memoryLimit } = read();
      const heap = judgeShare(heapUsed / heapLimit, limits, 'the heap that V8 allows');
      const whole = judgeShare(memoryLimit ? rss / memoryLimit : 0, limits, 'the memory of the container');
      return Promise.resolve({
        ...(severityOf(whole.status) > severityOf(heap.status) ? whole : heap),
        details: {
          rssBytes: rss,
          heapUsedBytes: heapUsed,
          heapLimitBytes: heapLimit,
          heapUsedPercent: percentOf(heapUsed / heapLimit),
          memoryLimitBytes: memoryLimit,
        },
      });
    },
  };
}

function ownMemory(): MemoryFigures {
  const { used_heap_size: heapUsed, heap_size_limit: heapLimit } = getHeapStatistics();
  const limit = process.constrainedMemory();
  return {
    rss: process.memoryUsage.rss(),
    heapUsed,
    heapLimit,
    // Without a limit Node answers 0 or a number beyond all memory.
    memoryLimit: limit > 0 && limit < totalmem() ? limit : null,
  };
}
