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
 */
export function run(args, { env = {}, cwd = ROOT, stdio = ['ignore', 2, 2] } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd, stdio, env: { ...process.env, ...env } });
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? (signal ? 1 : 0)));
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
