import type { ChildProcess } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { BroadcastRefusal } from '@fleetdeck/dto';
import { endChild, heard, startChild } from '../testing/own/child.ts';
import { frames, type Frame } from '../testing/own/hostile/frames.ts';
import type { Condition } from '../testing/own/hostile/server.main.ts';
import { RawClient } from '../testing/own/raw-client.ts';
import { Witness, type Seen } from '../testing/witness.ts';

const SEED = 20_260_102;
/** Each path gets half of 10,000. */
const FRAMES = 5000;
const WARM_UP = 1000;
const LANES = 6;
const MOST_AT_ONCE = 4;
const DEADLINE_MS = 20_000;
/** What hostile frames may leave behind, after garbage collection. */
const MOST_GROWTH_BYTES = 4_000_000;
/** Lines of the log for the whole attack. */
const MOST_LOG_LINES = 20;
/** Numbers of the WebSocket protocol itself, for what is no frame of it, no text or too large; 1000 for leaving. */
const OWN_NUMBERS = [1000, 1002, 1003, 1007, 1009];

interface Attack {
  replies: BroadcastRefusal[];
  closes: number[];
  seen: string[];
}

/** Sends them in small lots, each on a connection of its own: what ends one hides the rest from the server. */
async function attack(url: string, all: readonly Frame[]): Promise<Attack> {
  const result: Attack = { replies: [], closes: [], seen: [] };
  let next = 0;
  let lot = 0;
  const lane = async (): Promise<void> => {
    while (next < all.length) {
      const frames = all.slice(next, next + 1 + (lot % MOST_AT_ONCE));
      const isSignedIn = lot % 4 !== 0;
      next += frames.length;
      lot += 1;
      await raid(url, frames, isSignedIn, result);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return result;
}

/** Sends a lot and waits until the server has taken it: it answers what is valid, or closes. */
async function raid(url: string, lot: Frame[], isSignedIn: boolean, result: Attack): Promise<void> {
  const client = isSignedIn ? await RawClient.signedIn(url, 'attacker') : await RawClient.open(url);
  const raw = lot.some((frame) => 'raw' in frame);
  for (const frame of lot) {
    if ('raw' in frame) client.writeRaw(frame.raw);
    else if ('bytes' in frame) client.send(Buffer.from(frame.bytes));
    // The innocent's own token is an attack only beside another one: alone it just signs the innocent in.
    else client.send(isSignedIn ? frame.text : frame.text.replace('innocent', 'nobody'));
  }
  if (raw) client.socket.close();
  client.send(isSignedIn ? '42987654["unsubscribe",{"topic":"system"}]' : '40{"token":"attacker"}');
  const answered = client.frame(isSignedIn ? '43987654[' : '42["welcome"').then(() => undefined);
  const code = await inTime(Promise.race([client.closed, answered]), client.frames);
  if (code === undefined) client.socket.terminate();
  else if (!raw) result.closes.push(code);
  result.seen.push(...client.frames.filter((frame) => /SECRET|innocent/.test(frame)));
  for (const frame of client.frames) {
    const body = /^43\d+(\[.*\])$/s.exec(frame)?.[1];
    if (body) result.replies.push(...(JSON.parse(body) as BroadcastRefusal[]));
  }
}

function inTime<T>(work: Promise<T>, frames: string[]): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`no answer and no close; got ${frames.slice(-3).join(' ')}`)),
      DEADLINE_MS,
    );
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

function ask<T>(child: ChildProcess, question: string, key: string): Promise<T> {
  const answer = heard(
    child,
    `the answer to ${question}`,
    DEADLINE_MS,
    (message) => (message as Record<string, T>)[key],
  );
  child.send(question);
  return answer;
}

describe.each(['direct', 'stock'] as const)('with fan-out %s', (fanout) => {
  it('hostile frames bring nothing down, show nothing and leave nothing behind', async () => {
    const server = startChild(
      new URL('../testing/own/hostile/server.main.ts', import.meta.url),
      [fanout],
      ['--expose-gc'],
    );
    let innocent: Witness | undefined;
    try {
      const { url } = await heard(server, 'the start of the server', 3 * DEADLINE_MS, (message) =>
        (message as { url?: string }).url ? (message as { url: string }) : undefined,
      );
      const watcher = new Witness({ url, token: () => 'innocent', topics: ['system', 'audit'] });
      innocent = watcher;
      const all = fc.sample(frames, { seed: SEED, numRuns: FRAMES });
      await attack(url, all.slice(0, WARM_UP));
      const before = await ask<Condition>(server, 'condition', 'condition');
      const { replies, closes, seen } = await attack(url, all.slice(WARM_UP));
      const published = await ask<number>(server, 'pause', 'published');
      const complete = (): boolean =>
        [...watcher.seen.values()].every((list) => list.some((each) => offsetOf(each) === published));
      while (!complete()) await new Promise((resolve) => watcher.socket.once('message', resolve));
      let after = await ask<Condition>(server, 'condition', 'condition');
      while (after.clients > 1) after = await ask<Condition>(server, 'condition', 'condition');

      expect(after.uncaught).toEqual([]);
      expect(seen).toEqual([]);
      expect(replies.length).toBeGreaterThan(300);
      for (const reply of replies) {
        if (!reply.ok)
          expect([reply.code >= 4000 && reply.code < 5000, typeof reply.message]).toEqual([true, 'string']);
      }
      expect(closes.length).toBeGreaterThan(300);
      expect(closes.filter((code) => code < 4000 && !OWN_NUMBERS.includes(code))).toEqual([]);
      expect(after.logLines).toBeLessThanOrEqual(MOST_LOG_LINES);
      expect(after.heapUsed - before.heapUsed).toBeLessThan(MOST_GROWTH_BYTES);
      for (const list of watcher.seen.values()) {
        expect(list.filter(({ kind }) => kind !== 'message')).toHaveLength(1);
        const offsets = list.map(offsetOf).filter((offset) => offset !== null);
        expect(offsets).toEqual(offsets.map((_, i) => (offsets[0] ?? 0) + i));
        expect(offsets.at(-1)).toBe(published);
      }
      expect(watcher.closes).toEqual([]);
    } finally {
      innocent?.stop();
      await endChild(server);
    }
  }, 180_000);
});

function offsetOf(each: Seen): number | null {
  return each.kind === 'message' ? each.message.offset : null;
}
