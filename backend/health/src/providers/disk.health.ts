import { statfs } from 'node:fs/promises';
import type { HealthCheckContributor, HealthCheckOptions } from '../health.options.ts';
import { requireGiven } from './given.ts';
import { judgeShare, percentOf, type ShareLimits } from './share.ts';

/** What a file system holds, in blocks of `bsize` bytes. */
export interface FileSystemFigures {
  bsize: number;
  blocks: number;
  bfree: number;
  bavail: number;
}

/** Options of {@link diskHealth}. */
export interface DiskHealthOptions extends HealthCheckOptions, Partial<ShareLimits> {
  /** @default 'disk' */
  name?: string;
  /** Share in use above which it is degraded. @default 0.9 */
  degradedAbove?: number;
  /** The same for critical. @default 0.97 */
  criticalAbove?: number;
  /** Gives the figures. @default `statfs` of Node */
  read?: (path: string) => Promise<FileSystemFigures>;
}

/**
 * Watches how full the file system below `path` is, as `df` counts: of what this user may use. Optional by default.
 *
 * @throws FleetdeckError `INVALID_INPUT` when `path` is missing
 */
export function diskHealth(
  path: string,
  {
    name = 'disk',
    degradedAbove = 0.9,
    criticalAbove = 0.97,
    read = statfs,
    ...options
  }: DiskHealthOptions = {},
): HealthCheckContributor {
  requireGiven('diskHealth', 'path', path, 'Give it a path on the file system to watch.');
  return {
    healthName: name,
    healthOptions: { criticality: 'optional', ...options },
    async checkHealth() {
      const { bsize, blocks, bfree, bavail } = await read(path);
      const used = blocks - bfree;
      const usable = used + bavail;
      // Some virtual file systems have no blocks at all.
      const share = usable > 0 ? used / usable : 0;
      return {
        ...judgeShare(share, { degradedAbove, criticalAbove }, 'the disk'),
        details: { usedPercent: percentOf(share), freeBytes: bavail * bsize, totalBytes: blocks * bsize },
      };
    },
  };
}
