import { createHash, randomUUID } from 'node:crypto';
import { link, readFile, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { EmbeddedPostgresError } from './embedded-postgres.errors.ts';
import { codeOf, orAbsent } from './fs-tools.ts';
import {
  identifyProcess,
  ownProcessSpace,
  type ProcessIdentity,
  type ProcessSpace,
} from './process-identity.ts';

/** A data folder held by this process. */
export interface Ownership {
  /** Gives the folder back. A second call does nothing. */
  release(): Promise<void>;
}

interface Owner extends ProcessSpace {
  pid: number;
  startedAt: string;
  /** Different for every holder there ever was, so that a holder is never taken for an earlier one. */
  token: string;
}

/** What a test replaces. */
export interface OwnerFileTools {
  pid: number;
  space: ProcessSpace;
  identify(pid: number): Promise<ProcessIdentity | undefined>;
  /** @default 2000 */
  heartbeatMs: number;
}

const HEARTBEAT_MS = 2_000;
const HEARTBEATS_TO_WATCH = 3;
const MAX_ATTEMPTS = 50;
const MAX_PAUSE_MS = 10;
const MAX_CLAIMS = 100;

function parseOwner(text: string): Owner {
  try {
    const found = JSON.parse(text) as Partial<Owner> | null;
    if (typeof found?.pid === 'number' && typeof found.token === 'string' && /^[\w-]+$/.test(found.token)) {
      const { pid, token, startedAt = '', host = '', boot = '', pids = '' } = found;
      return { pid, token, startedAt, host, boot, pids };
    }
  } catch {
    // Falls through: the file is put in place whole, so what cannot be read has no living holder.
  }
  const token = createHash('sha256').update(text).digest('hex').slice(0, 32);
  return { pid: 0, token, startedAt: '', host: '', boot: '', pids: '' };
}

/**
 * Taking over from a dead holder must not let two processes win. Deleting the dead holder's file would: the slower
 * one deletes the file that the quicker one has just made. So the right to replace a holder is a claim file, named
 * after that holder's token and made exclusively; a claim whose maker died is itself claimed the same way. A claim
 * counts only while `owner.json` still leads to it, and only the holder of a claim that counts replaces `owner.json`.
 */
class OwnerFile {
  readonly #path: string;
  readonly #tools: OwnerFileTools;

  constructor(
    private readonly dataDir: string,
    tools: OwnerFileTools,
  ) {
    this.#path = join(dataDir, 'owner.json');
    this.#tools = tools;
  }

  async take(): Promise<Ownership> {
    const identity = await this.#tools.identify(this.#tools.pid);
    const me: Owner = {
      pid: this.#tools.pid,
      startedAt: identity?.startedAt ?? '',
      ...this.#tools.space,
      token: randomUUID(),
    };
    const mine = `${this.#path}.${me.token}`;
    await writeFile(mine, `${JSON.stringify(me)}\n`, { flag: 'wx', mode: 0o600 });
    try {
      for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
        if (await this.#attempt(me, mine)) return await this.#hold(me);
        await delay(Math.random() * MAX_PAUSE_MS);
      }
    } finally {
      await rm(mine, { force: true });
    }
    throw new EmbeddedPostgresError(
      'DATA_DIR_IN_USE',
      `Many Fleetdeck services are starting on ${this.dataDir} at once. Start one of them, or set FLEETDECK_DATA_DIR to another folder.`,
    );
  }

  async #attempt(me: Owner, mine: string): Promise<boolean> {
    const chain = await this.#chain();
    const holder = chain.at(-1);
    if (holder === undefined) return this.#linked(mine, this.#path);
    if (await this.#isAlive(holder)) {
      throw new EmbeddedPostgresError(
        'DATA_DIR_IN_USE',
        `Another Fleetdeck service (process ${holder.pid}) is using ${this.dataDir}. Stop it, or set FLEETDECK_DATA_DIR to another folder.`,
      );
    }
    if (!(await this.#linked(mine, this.#claim(holder)))) return false;
    const tokens = [...chain, me].map((owner) => owner.token).join();
    if ((await this.#chain()).map((owner) => owner.token).join() !== tokens) {
      await rm(this.#claim(holder), { force: true });
      return false;
    }
    await rename(mine, this.#path);
    for (const dead of chain) await rm(this.#claim(dead), { force: true });
    return true;
  }

  /** The holder in `owner.json`, then whoever claimed its place, and so on: the last one counts. */
  async #chain(): Promise<Owner[]> {
    const chain: Owner[] = [];
    let path = this.#path;
    while (chain.length < MAX_CLAIMS) {
      const text = await orAbsent(readFile(path, 'utf8'));
      if (text === undefined) break;
      const owner = parseOwner(text);
      chain.push(owner);
      path = this.#claim(owner);
    }
    return chain;
  }

  #claim(holder: Owner): string {
    return `${this.#path}.claim-${holder.token}`;
  }

  async #linked(from: string, to: string): Promise<boolean> {
    try {
      await link(from, to);
      return true;
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return false;
      throw error;
    }
  }

  async #isAlive(holder: Owner): Promise<boolean> {
    const { space } = this.#tools;
    if (holder.pid === 0) return false;
    if (holder.boot === space.boot && holder.pids === space.pids) {
      return (await this.#tools.identify(holder.pid))?.startedAt === holder.startedAt;
    }
    if (holder.boot !== space.boot && holder.host === space.host) return false;
    return this.#isBeating();
  }

  /** Another container or machine: its process numbers say nothing here, so its heartbeat is watched instead. */
  async #isBeating(): Promise<boolean> {
    const before = (await orAbsent(stat(this.#path)))?.mtimeMs;
    await delay(this.#tools.heartbeatMs * HEARTBEATS_TO_WATCH);
    return (await orAbsent(stat(this.#path)))?.mtimeMs !== before;
  }

  async #hold(me: Owner): Promise<Ownership> {
    await this.#sweep(me);
    const beat = setInterval(() => {
      const now = new Date();
      // A missed beat is no harm: three in a row have to be missed before anybody acts on it.
      utimes(this.#path, now, now).catch(() => undefined);
    }, this.#tools.heartbeatMs);
    beat.unref();
    return {
      release: async () => {
        clearInterval(beat);
        const text = await orAbsent(readFile(this.#path, 'utf8'));
        if (text !== undefined && parseOwner(text).token === me.token) await rm(this.#path, { force: true });
      },
    };
  }

  /** Files of processes that died while they were taking the folder. */
  async #sweep(me: Owner): Promise<void> {
    for (const name of await readdir(this.dataDir)) {
      if (!name.startsWith('owner.json.')) continue;
      const path = join(this.dataDir, name);
      const text = await orAbsent(readFile(path, 'utf8'));
      if (text === undefined) continue;
      const { pid, token, startedAt, boot, pids } = parseOwner(text);
      const local = boot === this.#tools.space.boot && pids === this.#tools.space.pids;
      if (token === me.token || !local) continue;
      if ((await this.#tools.identify(pid))?.startedAt !== startedAt) await rm(path, { force: true });
    }
  }
}

/**
 * Makes this process the one owner of a data folder, until it gives the folder back or dies.
 * @param dataDir an existing folder that this process may write
 * @throws EmbeddedPostgresError `DATA_DIR_IN_USE` when a living process owns it
 */
export async function takeOwnership(
  dataDir: string,
  tools: Partial<OwnerFileTools> = {},
): Promise<Ownership> {
  return new OwnerFile(dataDir, {
    pid: process.pid,
    space: ownProcessSpace(),
    identify: identifyProcess,
    heartbeatMs: HEARTBEAT_MS,
    ...tools,
  }).take();
}
