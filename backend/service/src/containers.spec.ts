import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { CHECKOUT } from './checkout.ts';

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
