import type { Partitions } from '../store/partitions.ts';
import { HOUR_MS, STORED_KINDS, type StoredKind } from '../store/tiers.ts';

const MEBIBYTE = 2 ** 20;

/** What the tables take, after they were looked at. */
export interface DiskUse {
  bytes: number;
  /** Whether the oldest had to go before its time in the last run. */
  cutShort: boolean;
}

/** Drops what is past its time, and the oldest of what there is when it takes too much disk. */
export class Retention {
  private use: DiskUse = { bytes: 0, cutShort: false };

  constructor(
    private readonly partitions: Record<StoredKind, Partitions>,
    private readonly hours: Record<StoredKind, number>,
    private readonly maxDiskMegabytes: number,
  ) {}

  /** What the tables took when they were last looked at. */
  get diskUse(): DiskUse {
    return this.use;
  }

  /**
   * Drops what is past its time.
   * @throws the first error, once all tables were tried: a long read of one must not hold up the others
   */
  async dropOld(now: number): Promise<void> {
    const failed: unknown[] = [];
    for (const kind of STORED_KINDS) {
      const before = now - this.hours[kind] * HOUR_MS;
      await this.partitions[kind].dropBefore(before).catch((thrown: unknown) => failed.push(thrown));
    }
    if (failed.length > 0) throw failed[0];
  }

  /**
   * Drops the oldest of what there is while it takes more disk than it may.
   * Single points go first, then minutes, hours and days: the longer something is kept, the less it takes. Whole
   * partitions go, and never the one that is written to.
   * @throws an error of PostgreSQL when a long read holds one that is to go: nothing that is kept longer goes in its place
   */
  async keepWithinDisk(now: number): Promise<void> {
    const lists = await Promise.all(STORED_KINDS.map((kind) => this.partitions[kind].list()));
    let bytes = lists.flat().reduce((sum, each) => sum + each.bytes, 0);
    let cutShort = false;
    for (const { table, startMs, bytes: size } of lists.flat()) {
      if (bytes <= this.maxDiskMegabytes * MEBIBYTE) break;
      if (startMs + table.partitionMs > now) continue;
      await this.partitions[table.kind].dropAt(startMs);
      bytes -= size;
      cutShort = true;
    }
    this.use = { bytes, cutShort };
  }
}
