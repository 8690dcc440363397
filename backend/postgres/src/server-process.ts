import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { Account } from './account.ts';
import { EmbeddedPostgresError } from './embedded-postgres.errors.ts';
import { codeOf, reasonOf } from './fs-tools.ts';
import { identifyProcess, type ProcessIdentity } from './process-identity.ts';
import { serverEnvironment } from './run-program.ts';
import { ServerLog } from './server-log.ts';

/** How a server ended. */
export interface PostgresExit {
  /** Whether `stop()` had been called. */
  expected: boolean;
  /** The exit code; `null` for a signal, and for an adopted server, whose code only its parent is told. */
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A server process, whether we started it or found it. */
export interface ServerProcess {
  readonly pid: number;
  readonly adopted: boolean;
  /** Settles when the process is gone; never rejects. */
  readonly exited: Promise<PostgresExit>;
  /** What it said last before it ended; nothing for an adopted server. */
  lastLines(): Promise<readonly string[]>;
  /** Ends it: politely, then firmly. Throws `STOP_TIMED_OUT` when it is still there after that. */
  stop(timeoutMs: number): Promise<void>;
}

const MAX_QUIT_MS = 5_000;
const KILL_MS = 5_000;
const LAST_WORDS_MS = 1_000;
const POLL_MS = 100;
const POLL_STOPPING_MS = 20;

abstract class AnyServer implements ServerProcess {
  abstract readonly adopted: boolean;
  abstract readonly exited: Promise<PostgresExit>;
  protected stopping = false;

  constructor(readonly pid: number) {}

  abstract lastLines(): Promise<readonly string[]>;

  async stop(timeoutMs: number): Promise<void> {
    this.stopping = true;
    if (await this.#isGoneWithin(0)) return;
    const steps: [NodeJS.Signals, number][] = [
      // Fast shutdown: ends clients' sessions, writes everything down.
      ['SIGINT', timeoutMs],
      // Immediate shutdown: the next start recovers from the log, nothing committed is lost.
      ['SIGQUIT', Math.min(timeoutMs, MAX_QUIT_MS)],
      ['SIGKILL', KILL_MS],
    ];
    for (const [signal, waitMs] of steps) {
      this.#send(signal);
      if (await this.#isGoneWithin(waitMs)) return;
    }
    throw new EmbeddedPostgresError(
      'STOP_TIMED_OUT',
      `PostgreSQL (process ${this.pid}) is still there after SIGINT, SIGQUIT and SIGKILL. See why the system does not end it, for example a disk that does not answer.`,
    );
  }

  #send(signal: NodeJS.Signals): void {
    try {
      process.kill(this.pid, signal);
    } catch (error) {
      // It may have ended just now, which `exited` tells.
      if (codeOf(error) !== 'ESRCH') throw error;
    }
  }

  async #isGoneWithin(waitMs: number): Promise<boolean> {
    const waiting = new AbortController();
    const gone = await Promise.race([
      this.exited.then(() => true),
      delay(waitMs, false, { signal: waiting.signal }).catch(() => false),
    ]);
    waiting.abort();
    return gone;
  }
}

class AdoptedServer extends AnyServer {
  readonly adopted = true;
  readonly exited: Promise<PostgresExit>;

  constructor(identity: ProcessIdentity) {
    super(identity.pid);
    this.exited = this.#watch(identity);
  }

  lastLines(): Promise<readonly string[]> {
    return Promise.resolve([]);
  }

  /** The system tells only a parent when a process ends; everybody else has to look. */
  async #watch(identity: ProcessIdentity): Promise<PostgresExit> {
    while ((await identifyProcess(identity.pid))?.startedAt === identity.startedAt) {
      await delay(this.stopping ? POLL_STOPPING_MS : POLL_MS, undefined, { ref: this.stopping });
    }
    return { expected: this.stopping, code: null, signal: null };
  }
}

class SpawnedServer extends AnyServer {
  readonly adopted = false;
  readonly exited: Promise<PostgresExit>;
  readonly #log: ServerLog;
  readonly #closed: Promise<unknown>;

  constructor(
    child: ChildProcessByStdio<null, null, Readable>,
    pid: number,
    onNotice: (line: string) => void,
  ) {
    super(pid);
    this.#log = new ServerLog(onNotice);
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => resolve({ expected: this.stopping, code, signal }));
    });
    this.#closed = new Promise((resolve) => child.once('close', resolve));
    child.stderr.setEncoding('utf8').on('data', (text: string) => this.#log.add(text));
  }

  async lastLines(): Promise<readonly string[]> {
    // What it said may still be on its way when it is gone; a child of its own may hold the pipe open for longer.
    await Promise.race([this.#closed, delay(LAST_WORDS_MS, undefined, { ref: false })]);
    return this.#log.lines();
  }
}

/** What {@link spawnServer} needs. */
export interface ServerStart {
  postgres: string;
  clusterDir: string;
  account: Account | undefined;
  port: number;
  settings: Readonly<Record<string, string>>;
  onNotice: (line: string) => void;
}

/**
 * Starts a server process; it is not ready yet.
 * @throws EmbeddedPostgresError `START_FAILED` when the system cannot start it
 */
export async function spawnServer(start: ServerStart): Promise<ServerProcess> {
  const settings: Record<string, string> = {
    // Two lines every five minutes for as long as it lives, about nothing that an operator of the portal has to do.
    log_checkpoints: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...start.settings,
    listen_addresses: '127.0.0.1',
    port: String(start.port),
    unix_socket_directories: '',
  };
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  try {
    const child = spawn(start.postgres, ['-D', start.clusterDir, ...args], {
      ...start.account,
      cwd: '/',
      env: serverEnvironment(),
      stdio: ['ignore', 'ignore', 'pipe'],
      // A session of its own: the terminal's Ctrl-C reaches the service alone, which drains before it stops us.
      detached: true,
    });
    const failure = new Promise<never>((_, reject) => child.once('error', reject));
    if (child.pid === undefined) return await failure;
    failure.catch(() => undefined);
    return new SpawnedServer(child, child.pid, start.onNotice);
  } catch (error) {
    throw new EmbeddedPostgresError(
      'START_FAILED',
      `PostgreSQL could not be started: ${reasonOf(error)}. See that user ${start.account?.uid ?? 'of this process'} may run ${start.postgres}, or set DATABASE_URL to a PostgreSQL server of your own.`,
      { cause: error },
    );
  }
}

/** Takes charge of a server that somebody else started. */
export function adoptServer(identity: ProcessIdentity): ServerProcess {
  return new AdoptedServer(identity);
}
