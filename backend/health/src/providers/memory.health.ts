import { totalmem } from 'node:os';
import { getHeapStatistics } from 'node:v8';
import { severityOf } from '@fleetdeck/dto';
import type { HealthCheckContributor, HealthCheckOptions } from '../health.options.ts';
import { LevelJudge, percentOf, shareLevels, shareSentence, type Levels } from './levels.ts';

/** What the process uses and may use, in bytes. */
export interface MemoryFigures {
  rss: number;
  heapUsed: number;
  heapLimit: number;
  /** What the process may use in all, in a container the container's; `null` when nobody limits it. */
  memoryLimit: number | null;
}

/** Options of {@link memoryHealth}. */
export interface MemoryHealthOptions extends HealthCheckOptions, Partial<Levels> {
  /** @default 'memory' */
  name?: string;
  /** Share of the heap limit, or of the memory limit, above which it is degraded. @default 0.85 */
  degradedAbove?: number;
  /** Share at or below which it is healthy again. @default 95 % of `degradedAbove`, in whole percent: 0.8 */
  recoverBelow?: number;
  /** Share above which it is critical. @default 0.95 */
  criticalAbove?: number;
  /** Share at or below which it is critical no more. @default 95 % of `criticalAbove`, in whole percent: 0.9 */
  criticalRecoverBelow?: number;
  /** Gives the figures. @default those of this process */
  read?: () => MemoryFigures;
}

/**
 * Watches this process' heap against V8's limit, and its whole memory against that of the container, whichever is
 * nearer. Optional by default, as the other checks of the process itself.
 *
 * @throws FleetdeckError `INVALID_INPUT` when a value to leave at is past the value to enter at
 */
export function memoryHealth({
  name = 'memory',
  degradedAbove = 0.85,
  recoverBelow,
  criticalAbove = 0.95,
  criticalRecoverBelow,
  read = ownMemory,
  ...options
}: MemoryHealthOptions = {}): HealthCheckContributor {
  const levels = shareLevels(name, { degradedAbove, recoverBelow, criticalAbove, criticalRecoverBelow });
  const heapJudge = new LevelJudge(levels);
  const wholeJudge = new LevelJudge(levels);
  return {
    healthName: name,
    healthOptions: { criticality: 'optional', ...options },
    checkHealth() {
      const { rss, heapUsed, heapLimit, memoryLimit } = read();
      const heap = heapJudge.judge(heapUsed / heapLimit, shareSentence('the heap that V8 allows'));
      const whole = wholeJudge.judge(
        memoryLimit ? rss / memoryLimit : 0,
        shareSentence('the memory of the container'),
      );
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
