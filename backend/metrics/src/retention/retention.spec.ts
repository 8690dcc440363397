import { describe, expect, it } from '@jest/globals';
import type { Partitions } from '../store/partitions.ts';
import { HOUR_MS, STORED_KINDS, TABLES, type StoredKind } from '../store/tiers.ts';
import { Retention } from './retention.ts';

const MEBIBYTE = 2 ** 20;
const NOW = Date.parse('2026-06-01T12:30:00.000Z');
const HOURS: Record<StoredKind, number> = { raw: 1, '1m': 24, '1h': 240, '1d': 2400 };

/** Tables whose partitions, so many back from the present one, take so many MiB each; a step of 0 is the present one. */
function setUp(megabytes: Partial<Record<StoredKind, number[]>>, maxDiskMegabytes: number) {
  const dropped: string[] = [];
  const before: Partial<Record<StoredKind, number>> = {};
  /** Tables that a long read holds. */
  const held = new Set<StoredKind>();
  const made = STORED_KINDS.map((kind) => {
    const table = TABLES[kind];
    const present = Math.floor(NOW / table.partitionMs) * table.partitionMs;
    const sizes = megabytes[kind] ?? [];
    const all = sizes.map((size, i) => ({
      ...{ table, bytes: size * MEBIBYTE },
      startMs: present - (sizes.length - 1 - i) * table.partitionMs,
    }));
    const fake = {
      list: () => Promise.resolve(all),
      dropAt: (start: number) => {
        if (held.has(kind)) return Promise.reject(new Error(`${kind} is held`));
        dropped.push(`${kind} ${(start - present) / table.partitionMs}`);
        return Promise.resolve();
      },
      dropBefore: (time: number) => {
        if (held.has(kind)) return Promise.reject(new Error(`${kind} is held`));
        before[kind] = NOW - time;
        return Promise.resolve();
      },
    };
    return [kind, fake as unknown as Partitions] as const;
  });
  const partitions = Object.fromEntries(made) as Record<StoredKind, Partitions>;
  return { retention: new Retention(partitions, HOURS, maxDiskMegabytes), dropped, before, held };
}

describe('Retention', () => {
  it('drops of each table what is past its own time', async () => {
    const { retention, before } = setUp({}, 100);
    await retention.dropOld(NOW);
    expect(before).toEqual({ raw: HOUR_MS, '1m': 24 * HOUR_MS, '1h': 240 * HOUR_MS, '1d': 2400 * HOUR_MS });
  });

  it('drops of the others what is past its time while a long read holds one table, and says which failed', async () => {
    const { retention, before, held } = setUp({}, 100);
    held.add('raw');
    held.add('1h');
    await expect(retention.dropOld(NOW)).rejects.toThrow('raw is held');
    expect(Object.keys(before)).toEqual(['1m', '1d']);
  });

  it('takes nothing that is kept longer in the place of single points that a long read holds', async () => {
    const { retention, dropped, held } = setUp({ raw: [30, 30, 10], '1m': [30, 30, 10] }, 100);
    held.add('raw');
    await expect(retention.keepWithinDisk(NOW)).rejects.toThrow('raw is held');
    expect(dropped).toEqual([]);
  });

  it('drops nothing that fits', async () => {
    const { retention, dropped } = setUp({ raw: [40, 40], '1m': [20] }, 100);
    await retention.keepWithinDisk(NOW);
    expect(dropped).toEqual([]);
    expect(retention.diskUse).toEqual({ bytes: 100 * MEBIBYTE, cutShort: false });
  });

  it('drops the oldest single points first, then minutes, and no more than is needed', async () => {
    const { retention, dropped } = setUp({ raw: [30, 30, 10], '1m': [30, 30, 10], '1h': [30] }, 100);
    await retention.keepWithinDisk(NOW);
    expect(dropped).toEqual(['raw -2', 'raw -1', '1m -2']);
    expect(retention.diskUse).toEqual({ bytes: 80 * MEBIBYTE, cutShort: true });
  });

  it('keeps what is written to, however much it takes', async () => {
    const { retention, dropped } = setUp({ raw: [10, 500], '1m': [500], '1h': [500], '1d': [10, 500] }, 100);
    await retention.keepWithinDisk(NOW);
    expect(dropped).toEqual(['raw -1', '1d -1']);
    expect(retention.diskUse).toEqual({ bytes: 2000 * MEBIBYTE, cutShort: true });
  });
});
