import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@fleetdeck/kernel/testing';

/** A `redis-server` of a test's own on a free port; `program` is where it is. */
export async function startRedis(program: string): Promise<{ url: string; stop(): Promise<void> }> {
  const dir = mkdtempSync(join(tmpdir(), 'fleetdeck-redis-'));
  const port = await freePort();
  const options = ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir, '--save', ''];
  const redis = spawn(program, options, { stdio: ['ignore', 'pipe', 'ignore'] });
  for await (const part of redis.stdout) if (String(part).includes('Ready to accept connections')) break;
  return {
    url: `redis://127.0.0.1:${port}`,
    async stop() {
      const gone = redis.exitCode ?? redis.signalCode ?? once(redis, 'exit');
      redis.kill('SIGKILL');
      await gone;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
