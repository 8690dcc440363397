// npm run soak -- <name> [options]: runs what takes too long for a test. Exit code 0 when all is well, 1 when it is not,
// 2 when it could not be run.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from '../run.mjs';

const SOAKS = {
  realtime: 'backend/broadcast/src/testing/own/model/soak.main.ts',
  churn: 'backend/broadcast/src/testing/own/churn/churn.main.ts',
};

const [name, ...options] = process.argv.slice(2);
const script = Object.hasOwn(SOAKS, name ?? '') ? SOAKS[name] : undefined;
if (script === undefined) {
  process.stderr.write(`Name a soak: ${Object.keys(SOAKS).join(', ')}.\n`);
  process.exit(2);
}
const child = spawn(
  process.execPath,
  [
    '--import',
    join(ROOT, 'tools/ts-loader.mjs'),
    '--conditions=@fleetdeck/source',
    join(ROOT, script),
    ...options,
  ],
  { stdio: 'inherit' },
);
child.on('exit', (code) => process.exit(code ?? 1));
