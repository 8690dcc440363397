import { lstat, readFile, realpath } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { firstClosedFolder, mayUse, type Account } from './account.ts';
import { copyTree, listTree, makeMissingLinks, type TreeEntry } from './binaries-tree.ts';
import { SYSTEM_DIR } from './data-dir.ts';
import { EmbeddedPostgresError } from './embedded-postgres.errors.ts';
import { orAbsent, reasonOf } from './fs-tools.ts';
import { runProgram } from './run-program.ts';

/** PostgreSQL's programs, ready to be run by the account. */
export interface Binaries {
  initdb: string;
  postgres: string;
  /** The major version, such as `18`. */
  major: number;
}

/** What is needed to find the programs. */
export interface BinariesRequest {
  account: Account | undefined;
  /** Where a copy goes when the programs cannot be run where they are. */
  copyDir: string;
  /** Looked in before this package's own surroundings. */
  checkoutDir?: string;
  timeoutMs: number;
  log: (message: string) => void;
  /** @default process.platform */
  platform?: string;
  /** @default process.arch */
  arch?: string;
}

const PACKAGED = ['darwin-arm64', 'darwin-x64', 'linux-arm64', 'linux-x64'];

function findPackage({ platform, arch, checkoutDir }: BinariesRequest): string {
  const target = `${platform ?? process.platform}-${arch ?? process.arch}`;
  if (!PACKAGED.includes(target)) {
    throw new EmbeddedPostgresError(
      'BINARIES_MISSING',
      `There are no PostgreSQL binaries for ${target}, only for ${PACKAGED.join(', ')}. Set DATABASE_URL to a PostgreSQL server of your own.`,
    );
  }
  const name = `@embedded-postgres/${target}`;
  const places = [...(checkoutDir === undefined ? [] : [join(checkoutDir, 'package.json')]), import.meta.url];
  let cause: unknown;
  for (const place of places) {
    try {
      return dirname(dirname(createRequire(place).resolve(name)));
    } catch (error) {
      cause = error;
    }
  }
  throw new EmbeddedPostgresError(
    'BINARIES_MISSING',
    `The package ${name} with the PostgreSQL binaries of this platform is not installed. Run "npm install" without --omit=optional, or "npm install ${name}", or set DATABASE_URL to a PostgreSQL server of your own.`,
    { cause },
  );
}

async function versionOf(packageDir: string): Promise<string> {
  const found = JSON.parse(await readFile(join(packageDir, 'package.json'), 'utf8')) as { version?: unknown };
  return String(found.version).replace(/[^\w.-]/g, '-');
}

async function isReachable(
  packageDir: string,
  entries: readonly TreeEntry[],
  account: Account | undefined,
): Promise<boolean> {
  if (account === undefined) return true;
  if ((await firstClosedFolder(account, await realpath(packageDir))) !== undefined) return false;
  return entries.every((entry) => {
    if (entry.kind === 'link') return true;
    return mayUse(account, entry, entry.kind === 'folder' || (entry.mode & 0o100) !== 0 ? 5 : 4);
  });
}

async function isGoodCopy(
  source: readonly TreeEntry[],
  copy: string,
  uid: number | undefined,
): Promise<boolean> {
  try {
    const root = await lstat(copy);
    const found = new Map((await listTree(copy)).map((entry) => [entry.path, entry]));
    const safe = (entry: { uid: number; mode: number }, link = false): boolean =>
      (uid === undefined || entry.uid === uid) && (link || (entry.mode & 0o022) === 0);
    if (!root.isDirectory() || !safe(root)) return false;
    if (![...found.values()].every((entry) => safe(entry, entry.kind === 'link'))) return false;
    return source.every((entry) => {
      const twin = found.get(entry.path);
      return twin?.kind === entry.kind && (entry.kind !== 'file' || twin.size === entry.size);
    });
  } catch {
    return false;
  }
}

async function copyPackage(packageDir: string, request: BinariesRequest): Promise<string> {
  const { copyDir, log } = request;
  const uid = process.getuid?.();
  const target = join(copyDir, `postgresql-${await versionOf(packageDir)}`);
  const source = await listTree(join(packageDir, 'native'));
  const holder = await orAbsent(lstat(copyDir));
  if (holder !== undefined && ((uid !== undefined && holder.uid !== uid) || (holder.mode & 0o002) !== 0)) {
    throw new Error(`${copyDir} can be changed by other users; give it to user ${uid} and run "chmod o-w"`);
  }
  if (!(await isGoodCopy(source, join(target, 'native'), uid))) {
    log(`copying the PostgreSQL binaries to ${target}`);
    await copyTree(packageDir, target, (copy) => isGoodCopy(source, join(copy, 'native'), uid));
  }
  if (request.account !== undefined) {
    const closed = await firstClosedFolder(request.account, await realpath(target));
    if (closed !== undefined) {
      throw new Error(`user ${request.account.uid} cannot enter ${closed}; run "chmod o+x ${closed}"`);
    }
  }
  return target;
}

/** Leaves the programs where they are when the account can run them there, else copies them. */
async function makeUsable(packageDir: string, request: BinariesRequest): Promise<string> {
  const native = join(packageDir, 'native');
  try {
    if (await isReachable(packageDir, await listTree(native), request.account)) {
      await makeMissingLinks(packageDir);
      return packageDir;
    }
  } catch (error) {
    request.log(`the PostgreSQL binaries of ${packageDir} need a copy: ${reasonOf(error)}`);
  }
  try {
    return await copyPackage(packageDir, request);
  } catch (error) {
    throw new EmbeddedPostgresError(
      'BINARIES_UNUSABLE',
      `The PostgreSQL binaries in ${packageDir} cannot be used where they are, nor be copied to ${request.copyDir}: ${reasonOf(error)}. Let everyone read them there, or make ${request.copyDir} writable, or set DATABASE_URL to a PostgreSQL server of your own.`,
      { cause: error },
    );
  }
}

/**
 * Finds PostgreSQL's programs for this platform and sees that the account can run them.
 * @throws EmbeddedPostgresError `BINARIES_MISSING` or `BINARIES_UNUSABLE`
 */
export async function findBinaries(request: BinariesRequest): Promise<Binaries> {
  const usable = await makeUsable(findPackage(request), request);
  const bin = join(usable, 'native', 'bin');
  const postgres = join(bin, 'postgres');
  const end = await runProgram(postgres, {
    args: ['--version'],
    account: request.account,
    timeoutMs: request.timeoutMs,
  });
  if (end.timedOut) {
    throw new EmbeddedPostgresError(
      'START_TIMED_OUT',
      `The PostgreSQL binary ${postgres} did not tell its version within ${request.timeoutMs} ms. Raise startTimeoutMs, or see what keeps the machine busy.`,
    );
  }
  const major = /PostgreSQL\) (\d+)/.exec(end.stdout)?.[1];
  if (end.code !== 0 || major === undefined) {
    const said = end.stderr.trim().split('\n')[0];
    throw new EmbeddedPostgresError(
      'BINARIES_UNUSABLE',
      `The PostgreSQL binary ${postgres} cannot be run: ${said || 'it said nothing'}. It needs glibc on Linux and a complete package: reinstall it with "npm ci", or set DATABASE_URL to a PostgreSQL server of your own.`,
    );
  }
  return { initdb: join(bin, 'initdb'), postgres, major: Number(major) };
}

/** Where a copy of the programs goes: root shares one among all checkouts, others keep it with their data. */
export function binariesCopyDir(account: Account | undefined, dataDir: string): string {
  return account === undefined ? dataDir : SYSTEM_DIR;
}
