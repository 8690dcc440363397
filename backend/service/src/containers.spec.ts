import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { findHaproxy } from '../../../tools/requirements.mjs';
import { CHECKOUT } from './checkout.ts';

const haproxy = findHaproxy();

const numberIn = (path: string, pattern: RegExp): number =>
  Number(pattern.exec(readFileSync(join(CHECKOUT, path), 'utf8'))?.[1]);

describe('the containers', () => {
  it('drain for longer than the proxy needs to notice, and are given the time to stop', () => {
    const proxy = 'backend/service/haproxy.cfg';
    const noticedAfterMs = numberIn(proxy, /\binter (\d+)s/) * numberIn(proxy, /\bfall (\d+)/) * 1000;
    const drainMs = numberIn('docker-compose.yml', /FLEETDECK_DRAIN_MS: '?(\d+)/);
    expect(drainMs).toBeGreaterThan(noticedAfterMs);
    // What main.ts gives a stop before it ends the process regardless.
    const deadlineMs = 20_000;
    expect(drainMs).toBeLessThan(deadlineMs);
    expect(numberIn('docker-compose.yml', /stop_grace_period: (\d+)s/) * 1000).toBeGreaterThan(deadlineMs);
  });

  it('keep the totals of one sender at one replica, which tells what they rose by', () => {
    const proxy = readFileSync(join(CHECKOUT, 'backend/service/haproxy.cfg'), 'utf8');
    expect(proxy).toMatch(/^ {2}stick-table type ip /m);
    expect(proxy).toMatch(/^ {2}stick on src if METH_POST \{ path \/api\/v1\/metrics\/points \}$/m);
  });
});

// Where there is none, the closing summary of all tests says so, and FLEETDECK_REQUIRE=haproxy makes it a failure.
if (haproxy !== null) {
  describe('a real HAProxy', () => {
    it('takes the configuration, and finds fault with nothing but names that only the containers know', () => {
      const { status, stderr } = spawnSync(
        haproxy,
        ['-c', '-f', join(CHECKOUT, 'backend/service/haproxy.cfg')],
        { encoding: 'utf8', timeout: 10_000 },
      );
      const faults = stderr
        .split('\n')
        .filter((line) => /^\[(WARNING|ALERT)\]/.test(line) && !line.includes('could not resolve address'));
      expect({ status, faults }).toEqual({ status: 0, faults: [] });
    });
  });
}
