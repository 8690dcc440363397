// A service in a process of its own, for what a process cannot do to itself: be killed, or be another user.
// Answers with one line of JSON on stdout, then stops its server when its standard input ends.
// Usage: node --import <ts-loader> launch-child.mjs '{"uid":65534,"options":{"dataDir":"..."}}'
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

const { uid, startAt, options } = JSON.parse(process.argv[2]);
const { startEmbeddedPostgres } = await import('../index.ts');
if (uid !== undefined) {
  // Only now: the code may lie in a folder that only root can read.
  process.setgroups([uid]);
  process.setgid(uid);
  process.setuid(uid);
}
const lines = [];
try {
  if (startAt !== undefined) await delay(startAt - Date.now());
  const { stop, exited, ...facts } = await startEmbeddedPostgres({
    ...options,
    log: (line) => lines.push(line),
  });
  process.stdout.write(`${JSON.stringify({ ...facts, lines })}\n`);
  process.stdin.resume();
  await once(process.stdin, 'end');
  await stop();
  const { expected } = await exited;
  process.stdout.write(`${JSON.stringify({ stopped: expected })}\n`);
} catch ({ name, code, message }) {
  process.stdout.write(`${JSON.stringify({ name, code, message })}\n`);
}
process.exit(0);
