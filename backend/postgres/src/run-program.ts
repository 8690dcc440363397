import { spawn } from 'node:child_process';
import type { Account } from './account.ts';
import { reasonOf } from './fs-tools.ts';

/** What to run, and for how long at most. */
export interface ProgramRun {
  args: readonly string[];
  account: Account | undefined;
  timeoutMs: number;
  /** Written to its standard input. */
  input?: string;
}

/** How a program ended. */
export interface ProgramEnd {
  /** Its exit code; `undefined` when it could not be started or was ended by a signal. */
  code: number | undefined;
  timedOut: boolean;
  stdout: string;
  /** The last part of what it said; the system's reason when it could not be started. */
  stderr: string;
}

const MAX_OUTPUT = 64 * 1024;

/**
 * The environment of PostgreSQL's programs: no secret of the service, no `PG*` variable of the user, messages in
 * English so that they can be told apart.
 */
export function serverEnvironment(): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = { LC_ALL: 'C', TZ: 'UTC' };
  for (const name of ['PATH', 'LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH']) {
    if (process.env[name] !== undefined) environment[name] = process.env[name];
  }
  return environment;
}

/** Ends a program and what it started, which share a process group. */
export function killGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    return;
  }
}

/** Runs a program to its end. Never throws: how it failed is in the answer. */
export async function runProgram(file: string, run: ProgramRun): Promise<ProgramEnd> {
  try {
    return await runToEnd(file, run);
  } catch (error) {
    // Some reasons, such as a missing right to change the user, are thrown and not sent as an event.
    return { code: undefined, timedOut: false, stdout: '', stderr: reasonOf(error) };
  }
}

function runToEnd(file: string, run: ProgramRun): Promise<ProgramEnd> {
  return new Promise((resolve) => {
    let stdout = '';
    let stderr = '';
    let timedOut = false;
    const child = spawn(file, run.args, {
      ...run.account,
      cwd: '/',
      env: serverEnvironment(),
      // A group of its own: the deadline ends its children too, and a terminal's Ctrl-C does not reach it.
      detached: true,
    });
    const timer = setTimeout(() => {
      timedOut = true;
      if (child.pid !== undefined) killGroup(child.pid, 'SIGKILL');
    }, run.timeoutMs);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout = (stdout + text).slice(-MAX_OUTPUT);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-MAX_OUTPUT);
    });
    // It may end before it has read all: its exit code says so.
    child.stdin.on('error', () => undefined);
    child.stdin.end(run.input ?? '');
    child.once('error', (error) => {
      clearTimeout(timer);
      resolve({ code: undefined, timedOut, stdout, stderr: reasonOf(error) });
    });
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? undefined, timedOut, stdout, stderr });
    });
  });
}
