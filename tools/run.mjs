// Small helpers for the workspace's scripts.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** The tools that the workspace brings, run through Node itself so that no shell is needed. */
export const BIN = {
  nx: join(ROOT, 'node_modules/nx/dist/bin/nx.js'),
  playwright: join(ROOT, 'node_modules/@playwright/test/cli.js'),
  tsc: join(ROOT, 'node_modules/typescript/bin/tsc'),
};

/**
 * Runs a Node program to its end and answers its exit code. Its output goes to standard error, which leaves standard
 * output to the lines that a command promises.
 * @param {{ deadlineMs?: number }} options after `deadlineMs` it is killed with all that it started, and has failed
 */
export function run(args, { env = {}, cwd = ROOT, stdio = ['ignore', 2, 2], deadlineMs } = {}) {
  return new Promise((resolve, reject) => {
    const detached = deadlineMs !== undefined;
    const child = spawn(process.execPath, args, { cwd, stdio, detached, env: { ...process.env, ...env } });
    child.once('error', reject);
    if (detached) endInTime(child, deadlineMs);
    child.once('exit', (code, signal) => resolve(code ?? (signal ? 1 : 0)));
  });
}

/** A program in a process group of its own ends with this one, or at its deadline. */
function endInTime(child, deadlineMs) {
  const end = () => {
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has ended.
    }
  };
  const interrupted = () => {
    end();
    process.exit(130);
  };
  const timer = setTimeout(() => {
    process.stderr.write(
      `\n"${child.spawnargs.slice(1).join(' ')}" is stopped after ${deadlineMs / 60_000} min.\n`,
    );
    end();
  }, deadlineMs);
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  child.once('exit', () => {
    clearTimeout(timer);
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
  });
}

/** Runs Nx without its daemon, which would outlive the command. */
export function nx(args, options = {}) {
  return run([BIN.nx, ...args], { ...options, env: { NX_DAEMON: 'false', NX_TUI: 'false', ...options.env } });
}

/** Folders of the workspace's packages, relative to the root. */
export function packageDirs() {
  return ['shared', 'backend', 'frontend'].flatMap((room) =>
    readdirSync(join(ROOT, room))
      .map((name) => join(room, name))
      .filter((dir) => existsSync(join(ROOT, dir, 'package.json'))),
  );
}
