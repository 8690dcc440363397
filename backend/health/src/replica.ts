import { createHash } from 'node:crypto';
import { hostname } from 'node:os';

/**
 * The word by which the topic `health` tells replicas apart. A digest, since whoever may see how things are need not
 * know what machines are called; of the process as well, since two may share a machine and its name.
 */
export function replicaWord(node: string = hostname(), pid: number = process.pid): string {
  return createHash('sha256').update(`${hostname()}\n${node}\n${pid}`).digest('hex').slice(0, 12);
}
