import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { orAbsent } from './fs-tools.ts';

/** What a running server writes about itself into `postmaster.pid`. */
export interface PostmasterFile {
  pid: number;
  dataDir: string;
  /** Seconds since 1970. */
  startedAtSeconds: number;
  /** Absent in the first moments of a start. */
  port: number | undefined;
  /** `starting`, `ready`, `stopping` or `standby`; empty in the first moments of a start. */
  status: string;
}

/** Where the server of a cluster says that it runs. */
export function postmasterPath(clusterDir: string): string {
  return join(clusterDir, 'postmaster.pid');
}

/** Reads the lines of `postmaster.pid`; `undefined` when they name no process. */
export function parsePostmasterFile(text: string): PostmasterFile | undefined {
  const lines = text.split('\n').map((line) => line.trim());
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  const port = Number(lines[3]);
  return {
    pid,
    dataDir: lines[1] ?? '',
    startedAtSeconds: Number(lines[2]),
    port: Number.isInteger(port) && port > 0 ? port : undefined,
    status: lines[7] ?? '',
  };
}

/** The `postmaster.pid` of a cluster, `undefined` when there is none. */
export async function readPostmasterFile(clusterDir: string): Promise<PostmasterFile | undefined> {
  const text = await orAbsent(readFile(postmasterPath(clusterDir), 'utf8'));
  return text === undefined ? undefined : parsePostmasterFile(text);
}
