import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { io, type Socket } from 'socket.io-client';
import { BROADCAST_CODES, type TopicMessage } from '@fleetdeck/dto';
import { startPortal, type Portal } from './testing/own/portal.ts';

type Follow = (
  origin: string,
  token: string,
  topic: string,
  own: { apply: (message: TopicMessage) => void; startOver: (snapshot: unknown) => void },
) => Socket;

const PAGE = new URL('../../../.storybook/docs/wire-protocol.mdx', import.meta.url);
let portal: Portal;
let page: string;

beforeAll(async () => {
  page = await readFile(PAGE, 'utf8');
  portal = await startPortal();
});
afterAll(() => portal.app.close());

describe('the page of the wire protocol', () => {
  it('has a client that loses nothing when its connection is cut', async () => {
    const source = /```js\n(.*?)```/s.exec(page)?.[1] ?? '';
    const inside = source.replace(/^import .*$/m, '').replace('export ', 'return ');
    const script = encodeURIComponent(`export const follow = (io) => { ${inside} }`);
    const made = (await import(`data:text/javascript,${script}`)) as { follow: (lib: typeof io) => Follow };
    const follow = made.follow(io);
    const seen: unknown[] = [];
    let enough: () => void = () => undefined;
    const all = new Promise<void>((resolve) => (enough = resolve));
    const started = new Promise<void>((resolve) => {
      const apply = ({ data }: TopicMessage): void => {
        if (seen.push(data) === 200) enough();
      };
      const socket = follow(portal.url, 'operator', 'audit', { apply, startOver: () => resolve() });
      socket.io.reconnectionDelay(1);
      socket.io.reconnectionDelayMax(20);
      void all.then(() => socket.disconnect());
    });
    await started;
    for (let n = 0; n < 200; n += 1) {
      portal.broadcaster.broadcast('audit', { n });
      if (n % 50 === 25) {
        for (const id of portal.broadcaster.clientIds) portal.broadcaster.disconnect(id);
      }
      await new Promise(setImmediate);
    }
    await all;
    expect(seen).toEqual(Array.from({ length: 200 }, (_, n) => ({ n })));
  });

  it('names every code, and no other', () => {
    const rows = [...page.matchAll(/^\| (\d{4}) \| `(\w+)`\s+\| (yes|no)/gm)].map(([, ...row]) => row);
    expect(rows).toEqual(
      Object.entries(BROADCAST_CODES).map(([name, { number, retryable }]) => [
        String(number),
        name,
        retryable ? 'yes' : 'no',
      ]),
    );
  });
});
