import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { EmbeddedPostgresOptions } from '../embedded-postgres.options.ts';

/** What a child says: facts about its server, or an error. */
export interface ChildAnswer {
  url: string;
  port: number;
  pid: number;
  adopted: boolean;
  dataDir: string;
  lines: string[];
  stopped?: boolean;
  name?: string;
  code?: string;
  message?: string;
}

/** A service in a process of its own. */
export interface ChildService {
  pid: number;
  /** What it answered to its start. */
  started: Promise<ChildAnswer>;
  /** Lets it stop its server, and answers what it then said. */
  stop(): Promise<ChildAnswer | undefined>;
  /** As `kill -9` does. */
  kill(): Promise<void>;
}

/** Starts a service process, as the given user when we are root. */
export function startChild(request: {
  options: EmbeddedPostgresOptions;
  uid?: number;
  /** When to start, in milliseconds since 1970, so that several do it at once. */
  startAt?: number;
}): ChildService {
  const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
  const child = spawn(
    process.execPath,
    [
      '--import',
      path('../../../../tools/ts-loader.mjs'),
      path('./launch-child.mjs'),
      JSON.stringify(request),
    ],
    { cwd: '/', stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const gone = once(child, 'exit');
  const next = async (): Promise<ChildAnswer | undefined> => {
    const { value, done } = (await answers.next()) as IteratorResult<string, undefined>;
    return done === true ? undefined : (JSON.parse(value) as ChildAnswer);
  };
  return {
    pid: child.pid as number,
    started: next().then((answer) => {
      if (answer === undefined) throw new Error('the child process ended without an answer');
      return answer;
    }),
    stop: async () => {
      child.stdin.end();
      const answer = await next();
      await gone;
      return answer;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await gone;
    },
  };
}
