import { readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { takeOwnership, type OwnerFileTools } from './owner-file.ts';
import type { ProcessIdentity } from './process-identity.ts';
import { freshFolder, removeFolders } from './testing/folders.ts';

afterEach(removeFolders);

const space = { host: 'h', boot: 'b', pids: 'p' };

/** Processes that live as long as the test says. */
class Processes {
  readonly living = new Map<number, string>();

  as(pid: number, changes: Partial<OwnerFileTools> = {}): Partial<OwnerFileTools> {
    if (!this.living.has(pid)) this.living.set(pid, `start of ${pid}`);
    return {
      pid,
      space,
      identify: (asked) => Promise.resolve(this.#identify(asked)),
      heartbeatMs: 5,
      ...changes,
    };
  }

  #identify(pid: number): ProcessIdentity | undefined {
    const startedAt = this.living.get(pid);
    return startedAt === undefined ? undefined : { pid, startedAt, startedAtMs: 0, name: 'node' };
  }
}

describe('the ownership of a data folder', () => {
  it('is written down for the living process, readable by its user only, and given back', async () => {
    const dataDir = await freshFolder();
    const ownership = await takeOwnership(dataDir);
    const path = join(dataDir, 'owner.json');
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ pid: process.pid });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await ownership.release();
    await ownership.release();
    expect(await readdir(dataDir)).toEqual([]);
  });

  it('is refused while its holder lives, in a sentence that names the process and the folder', async () => {
    const dataDir = await freshFolder();
    const processes = new Processes();
    const first = await takeOwnership(dataDir, processes.as(123));
    await expect(takeOwnership(dataDir, processes.as(124))).rejects.toMatchObject({
      code: 'DATA_DIR_IN_USE',
      message: `Another Fleetdeck service (process 123) is using ${dataDir}. Stop it, or set FLEETDECK_DATA_DIR to another folder.`,
    });
    await first.release();
    await (await takeOwnership(dataDir, processes.as(124))).release();
    expect(await readdir(dataDir)).toEqual([]);
  });

  it('is refused to a second start in the same process', async () => {
    const dataDir = await freshFolder();
    const ownership = await takeOwnership(dataDir);
    await expect(takeOwnership(dataDir)).rejects.toMatchObject({ code: 'DATA_DIR_IN_USE' });
    await ownership.release();
  });

  it('passes on from a dead holder, and from one whose number was given to another process', async () => {
    const dataDir = await freshFolder();
    const processes = new Processes();
    await takeOwnership(dataDir, processes.as(1));
    processes.living.delete(1);
    const second = await takeOwnership(dataDir, processes.as(2));
    processes.living.set(2, 'a later start');
    const third = await takeOwnership(dataDir, processes.as(3));
    await second.release();
    expect(JSON.parse(await readFile(join(dataDir, 'owner.json'), 'utf8'))).toMatchObject({ pid: 3 });
    await third.release();
    expect(await readdir(dataDir)).toEqual([]);
  });

  it('passes on from a file that cannot be read', async () => {
    const dataDir = await freshFolder();
    for (const text of ['', 'null', '{"pid":1', '{"pid":1,"token":"../x"}', '{"pid":"1"}']) {
      await writeFile(join(dataDir, 'owner.json'), text);
      await (await takeOwnership(dataDir, new Processes().as(2))).release();
      expect(await readdir(dataDir)).toEqual([]);
    }
  });

  it('goes to exactly one of many that take it at once, from nobody and from a dead holder', async () => {
    for (let round = 0; round < 30; round += 1) {
      const dataDir = await freshFolder();
      const processes = new Processes();
      if (round % 2 === 1) {
        await takeOwnership(dataDir, processes.as(1));
        processes.living.delete(1);
      }
      const takers = [10, 11, 12, 13, 14, 15].map((pid) => takeOwnership(dataDir, processes.as(pid)));
      const results = await Promise.allSettled(takers);
      const won = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
      expect(won).toHaveLength(1);
      for (const result of results) {
        if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'DATA_DIR_IN_USE' });
      }
      await won[0]?.release();
      expect(await readdir(dataDir)).toEqual([]);
    }
  });

  it('stays with the quicker one when the slower one saw the dead holder before', async () => {
    const dataDir = await freshFolder();
    const processes = new Processes();
    await takeOwnership(dataDir, processes.as(1));
    processes.living.delete(1);
    let goOn = (): void => undefined;
    const quickerIsDone = new Promise<void>((resolve) => (goOn = resolve));
    let sawDead = (): void => undefined;
    const slowerSawDead = new Promise<void>((resolve) => (sawDead = resolve));
    const tools = processes.as(3);
    const slower = takeOwnership(dataDir, {
      ...tools,
      identify: async (pid) => {
        if (pid === 1) {
          sawDead();
          await quickerIsDone;
        }
        return tools.identify?.(pid);
      },
    });
    await slowerSawDead;
    const quicker = await takeOwnership(dataDir, processes.as(2));
    goOn();
    await expect(slower).rejects.toMatchObject({ message: expect.stringContaining('(process 2)') });
    expect(await readdir(dataDir)).toEqual(['owner.json']);
    await quicker.release();
  });

  it('passes on when whoever was taking it over from a dead holder died as well', async () => {
    const dataDir = await freshFolder();
    const owner = (pid: number, token: string) =>
      JSON.stringify({ pid, token, startedAt: 'long ago', ...space });
    await writeFile(join(dataDir, 'owner.json'), owner(1, 't1'));
    await writeFile(join(dataDir, 'owner.json.claim-t1'), owner(2, 't2'));
    await writeFile(join(dataDir, 'owner.json.t2'), owner(2, 't2'));
    const ownership = await takeOwnership(dataDir, new Processes().as(3));
    expect(await readdir(dataDir)).toEqual(['owner.json']);
    await ownership.release();
  });

  it('belongs already to a living process that is just taking it over', async () => {
    const dataDir = await freshFolder();
    const processes = new Processes();
    processes.as(2);
    const owner = (pid: number, token: string) =>
      JSON.stringify({ pid, token, startedAt: `start of ${pid}`, ...space });
    await writeFile(join(dataDir, 'owner.json'), owner(1, 't1'));
    await writeFile(join(dataDir, 'owner.json.claim-t1'), owner(2, 't2'));
    await expect(takeOwnership(dataDir, processes.as(3))).rejects.toMatchObject({
      message: expect.stringContaining('(process 2)'),
    });
  });

  it('is not taken from a holder in another container as long as its heart beats', async () => {
    const dataDir = await freshFolder();
    const elsewhere = { ...space, host: 'h2', pids: 'p2' };
    const first = await takeOwnership(dataDir, new Processes().as(1));
    await expect(takeOwnership(dataDir, new Processes().as(1, { space: elsewhere }))).rejects.toMatchObject({
      code: 'DATA_DIR_IN_USE',
    });
    await first.release();
  });

  it('passes on from a holder in another container, or on another machine, whose heart beats no more', async () => {
    for (const elsewhere of [
      { ...space, pids: 'p2' },
      { host: 'h2', boot: 'b2', pids: 'p' },
    ]) {
      const dataDir = await freshFolder();
      const dead = { pid: 1, token: 't1', startedAt: 'start of 1', ...elsewhere };
      await writeFile(join(dataDir, 'owner.json'), JSON.stringify(dead));
      const ownership = await takeOwnership(dataDir, new Processes().as(1));
      await ownership.release();
    }
  });

  it('passes on at once after the machine was started anew', async () => {
    const dataDir = await freshFolder();
    const before = { pid: 1, token: 't1', startedAt: 'start of 1', ...space, boot: 'an earlier boot' };
    await writeFile(join(dataDir, 'owner.json'), JSON.stringify(before));
    const never = { heartbeatMs: 60_000 };
    await (await takeOwnership(dataDir, new Processes().as(1, never))).release();
  });

  it('leaves alone what lies beside it of living processes and of other containers', async () => {
    const dataDir = await freshFolder();
    const processes = new Processes();
    processes.as(7);
    const living = { pid: 7, token: 'a', startedAt: 'start of 7', ...space };
    const foreign = { pid: 8, token: 'b', startedAt: 'x', ...space, pids: 'p2' };
    await writeFile(join(dataDir, 'owner.json.a'), JSON.stringify(living));
    await writeFile(join(dataDir, 'owner.json.b'), JSON.stringify(foreign));
    await writeFile(join(dataDir, 'unrelated'), '');
    const ownership = await takeOwnership(dataDir, processes.as(1));
    await ownership.release();
    expect((await readdir(dataDir)).sort()).toEqual(['owner.json.a', 'owner.json.b', 'unrelated']);
  });

  it('shows that it is alive by touching its file', async () => {
    const dataDir = await freshFolder();
    const path = join(dataDir, 'owner.json');
    const ownership = await takeOwnership(dataDir, new Processes().as(1));
    await utimes(path, 0, 0);
    const deadline = Date.now() + 5_000;
    while ((await stat(path)).mtimeMs === 0 && Date.now() < deadline) await new Promise(setImmediate);
    expect((await stat(path)).mtimeMs).toBeGreaterThan(0);
    await ownership.release();
  });
});
