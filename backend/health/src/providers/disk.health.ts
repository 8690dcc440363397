import { statfs } from 'node:fs/promises';
import type { HealthCheckContributor, HealthCheckOptions } from '../health.options.ts';
import { requireGiven } from './given.ts';
import { LevelJudge, percentOf, shareLevels, shareSentence, type Levels } from './levels.ts';

/** What a file system holds, in blocks of `bsize` bytes. */
export interface FileSystemFigures {
  bsize: number;
  blocks: number;
  bfree: number;
  bavail: number;
}

/** Options of {@link diskHealth}. */
export interface DiskHealthOptions extends HealthCheckOptions, Partial<Levels> {
  /** @default 'disk' */
  name?: string;
  /** Share in use above which it is degraded. @default 0.9 */
  degradedAbove?: number;
  /** Share at or below which it is healthy again. @default 95 % of `degradedAbove`, in whole percent: 0.85 */
  recoverBelow?: number;
  /** Share in use above which it is critical. @default 0.97 */
  criticalAbove?: number;
  /** Share at or below which it is critical no more. @default 95 % of `criticalAbove`, in whole percent: 0.92 */
  criticalRecoverBelow?: number;
  /** Gives the figures. @default `statfs` of Node */
  read?: (path: string) => Promise<FileSystemFigures>;
}

/**
 * Watches how full the file system below `path` is, as `df` counts: of what this user may use. Optional by default.
 *
 * @throws FleetdeckError `INVALID_INPUT` when `path` is missing, or a value to leave at is past the value to enter at
 */
export function diskHealth(
  path: string,
  {
    name = 'disk',
    degradedAbove = 0.9,
    recoverBelow,
    criticalAbove = 0.97,
    criticalRecoverBelow,
    read = statfs,
    ...options
  }: DiskHealthOptions = {},
): HealthCheckContributor {
  requireGiven('diskHealth', 'path', path, 'Give it a path on the file system to watch.');
  const judge = new LevelJudge(
    shareLevels(name, { degradedAbove, recoverBelow, criticalAbove, criticalRecoverBelow }),
  );
  return {
    healthName: name,
    healthOptions: { criticality: 'optional', ...options },
    async checkHealth() {
      const { bsize, blocks, bfree, bavail } = await read(path);
      const used = blocks - bfree;
      const usable = used + bavail;
      // Some virtual file systems have no blocks at all.
      const share = usable === 0 ? 0 : used / usable;
      return {
        ...judge.judge(share, shareSentence('the disk')),
        details: { usedPercent: percentOf(share), freeBytes: bavail * bsize, totalBytes: blocks * bsize },
      };
    },
  };
}
