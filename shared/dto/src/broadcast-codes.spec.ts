import { describe, expect, it } from '@jest/globals';
import { BROADCAST_CODES, broadcastCodeName, type BroadcastCodeName } from './broadcast-codes.ts';

const entries = Object.entries(BROADCAST_CODES) as [
  BroadcastCodeName,
  { number: number; retryable: boolean; title: string },
][];

describe('broadcast codes', () => {
  // A line may be added here and none may change: clients that are out there know these numbers.
  it('keep the number and the meaning that they had', () => {
    expect(entries.map(([name, { number, retryable }]) => `${number} ${name} ${retryable}`))
      .toMatchInlineSnapshot(`
     [
       "4001 SHUTTING_DOWN true",
       "4002 SLOW true",
       "4003 INTERNAL true",
       "4004 OVERLOADED true",
       "4005 HEARTBEAT_MISSED true",
       "4400 INVALID_INPUT false",
       "4401 UNAUTHENTICATED false",
       "4402 SESSION_EXPIRED false",
       "4403 FORBIDDEN false",
       "4404 UNKNOWN_TOPIC false",
       "4405 ORIGIN_REFUSED false",
       "4408 TIMED_OUT true",
       "4410 REVOKED false",
       "4413 PAYLOAD_TOO_LARGE false",
       "4423 LIMIT_EXCEEDED false",
       "4429 RATE_LIMITED true",
       "4440 DISCONNECTED true",
     ]
    `);
  });

  it('have numbers of their own, within those that may close a WebSocket', () => {
    const numbers = entries.map(([, { number }]) => number);
    expect(new Set(numbers).size).toBe(numbers.length);
    for (const number of numbers) {
      expect(number).toBeGreaterThanOrEqual(4000);
      expect(number).toBeLessThanOrEqual(4999);
    }
  });

  it.each(entries)('%s has a title for people that fits into a close frame', (_name, { title }) => {
    expect(title).toMatch(/^[A-Z][^.]+[^.]$/);
    expect(title.length).toBeLessThanOrEqual(123);
  });

  it('are found by their number', () => {
    for (const [name, { number }] of entries) expect(broadcastCodeName(number)).toBe(name);
    expect(broadcastCodeName(1006)).toBeNull();
  });
});
