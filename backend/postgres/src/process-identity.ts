import { execFile } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { promisify } from 'node:util';

/** A living process, told apart from a later one with the same number. */
export interface ProcessIdentity {
  pid: number;
  /** The start time as the operating system tells it; only ever compared for equality. */
  startedAt: string;
  /** The start time in milliseconds since 1970; a change of the system clock may shift it. */
  startedAtMs: number;
  /** The name of the program. */
  name: string;
}

/** Where process numbers mean the same: a boot of a machine and a set of process numbers within it. */
export interface ProcessSpace {
  host: string;
  boot: string;
  pids: string;
}

/** The kernel reports times to programs in this unit whatever its own tick is. */
const TICKS_PER_SECOND = 100;
const PS_TIMEOUT_MS = 5_000;

/** Reads one line of `/proc/<pid>/stat`; the name in brackets may itself hold brackets and blanks. */
export function parseProcStat(
  pid: number,
  line: string,
  bootTimeSeconds: number,
): ProcessIdentity | undefined {
  const end = line.lastIndexOf(')');
  const fields = line.slice(end + 2).split(' ');
  const ticks = fields[19];
  // A zombie runs no code any more: its parent just has not asked for its exit code.
  if (end < 0 || ticks === undefined || fields[0] === 'Z' || fields[0] === 'X') return undefined;
  return {
    pid,
    startedAt: ticks,
    startedAtMs: (bootTimeSeconds + Number(ticks) / TICKS_PER_SECOND) * 1000,
    name: line.slice(line.indexOf('(') + 1, end),
  };
}

/** Reads the answer of `ps -o stat= -o lstart= -o comm=`. */
export function parsePs(pid: number, line: string): ProcessIdentity | undefined {
  const match = /^\s*(\S+)\s+(\w{3} \w{3} +\d+ [\d:]{8} \d{4})\s+(.*?)\s*$/.exec(line);
  if (match === null || match[1]?.startsWith('Z') === true) return undefined;
  const startedAt = match[2] as string;
  const name = (match[3] as string).split('/').at(-1) as string;
  return { pid, startedAt, startedAtMs: Date.parse(`${startedAt} UTC`), name };
}

async function identifyByPs(pid: number): Promise<ProcessIdentity | undefined> {
  try {
    const { stdout } = await promisify(execFile)(
      'ps',
      ['-p', String(pid), '-o', 'stat=', '-o', 'lstart=', '-o', 'comm='],
      { timeout: PS_TIMEOUT_MS, env: { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' } },
    );
    return parsePs(pid, stdout);
  } catch {
    return undefined;
  }
}

async function identifyByProc(pid: number): Promise<ProcessIdentity | undefined> {
  try {
    const [line, kernel] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile('/proc/stat', 'utf8'),
    ]);
    return parseProcStat(pid, line, Number(/^btime (\d+)$/m.exec(kernel)?.[1]));
  } catch {
    return undefined;
  }
}

/**
 * Who runs under a process number now.
 * @param platform the operating system, by default this one
 * @returns `undefined` when nobody does, or only a zombie
 */
export async function identifyProcess(
  pid: number,
  platform: NodeJS.Platform = process.platform,
): Promise<ProcessIdentity | undefined> {
  return platform === 'linux' ? identifyByProc(pid) : identifyByPs(pid);
}

function quietly(read: () => string): string {
  try {
    return read().trim();
  } catch {
    return '';
  }
}

/** The space of this process. Where the system has no such words, they are empty and equal. */
export function ownProcessSpace(): ProcessSpace {
  return {
    host: hostname(),
    boot: quietly(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')),
    pids: quietly(() => readlinkSync('/proc/self/ns/pid')),
  };
}
