import { beforeEach, describe, expect, it } from '@jest/globals';
import type { NumberedMessage, TopicState } from './redis-messages.ts';
import { RemoteTopic, type Replica } from './remote-topic.ts';
import type { KnownPlace } from './shared-log.ts';

const topic = { name: 'a', mode: 'log', history: { count: 9, bytes: 9, ageMs: 3000 }, maxKeys: 1 } as const;
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
const message = (offset: number): NumberedMessage => ({
  offset,
  id: `n.${offset}`,
  at: '',
  json: '',
  ageMs: 0,
});
const messages = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => message(from + i));

function state(epoch: string, from: number, to: number, whole = false): TopicState {
  return { epoch, offset: to, last: to ? `n.${to}` : '', dropped: 0, whole, messages: messages(from, to) };
}

describe('RemoteTopic', () => {
  let log: string[];
  let position: { epoch: string; offset: number };
  let reads: { from: KnownPlace; strict: boolean; answer: (s: TopicState) => void; fail: () => void }[];
  let nowMs: number;
  let remote: RemoteTopic;

  beforeEach(() => {
    log = [];
    reads = [];
    nowMs = 0;
    position = { epoch: 'local', offset: 0 };
    const replica: Replica = {
      get position() {
        return position;
      },
      take: ({ offset }) => {
        position = { ...position, offset };
        log.push(`take ${offset}`);
      },
      startOver: ({ epoch, offset }, isNews) => {
        position = { epoch, offset };
        log.push(`start ${epoch} ${offset}${isNews ? ' news' : ''}`);
      },
    };
    remote = new RemoteTopic(topic, replica, {
      nowMs: () => nowMs,
      subscribe: () => Promise.resolve(),
      read: (_topic, from, strict) =>
        new Promise((resolve, reject) =>
          reads.push({ from, strict, answer: resolve, fail: () => reject(new Error('cut')) }),
        ),
      seen: () => undefined,
      hole: () => log.push('hole'),
    });
  });

  async function load(to = 2): Promise<void> {
    const loading = remote.sync();
    await settle();
    reads[reads.length - 1]?.answer(state('e1', 1, to, true));
    await loading;
    log.length = 0;
  }

  const news = (epoch: string, from: number, to: number) =>
    remote.receive({ epoch, messages: messages(from, to) });

  it('reads first, then goes on with the news that came meanwhile, each once', async () => {
    const loading = remote.sync();
    await settle();
    news('e1', 2, 3);
    news('e1', 4, 4);
    reads[0]?.answer(state('e1', 1, 3, true));
    await loading;
    news('e1', 5, 6);
    expect(log).toEqual(['start e1 3', 'take 4', 'take 5', 'take 6']);
  });

  it('reads again from where it stands when news are missing, and says so', async () => {
    await load(2);
    news('e1', 5, 5);
    await settle();
    expect(reads[1]?.from).toEqual({ epoch: 'e1', offset: 2, id: 'n.2' });
    news('e1', 6, 6);
    reads[1]?.answer(state('e1', 3, 5));
    await settle();
    expect(log).toEqual(['hole', 'take 3', 'take 4', 'take 5', 'take 6']);
  });

  it('takes late news of what it has read for no hole', async () => {
    await load(5);
    news('e1', 4, 6);
    expect([log, reads.length]).toEqual([['take 6'], 1]);
  });

  it('looks when news repeat what it never read: the log may have gone back', async () => {
    await load(2);
    news('e1', 3, 4);
    news('e1', 3, 3);
    await settle();
    expect(log).toEqual(['take 3', 'take 4', 'hole']);
    expect(reads[1]?.from).toEqual({ epoch: 'e1', offset: 4, id: 'n.4' });
  });

  it('starts over with news of another epoch, and hears none of the one before', async () => {
    await load(2);
    news('e2', 3, 3);
    await settle();
    reads[1]?.answer(state('e2', 3, 3, true));
    await settle();
    news('e1', 3, 3);
    news('e2', 4, 4);
    await settle();
    expect([log, reads.length]).toEqual([['start e2 3 news', 'take 4'], 2]);
  });

  it('reads once more for all who ask while it reads', async () => {
    await load(2);
    const [first, second, third] = [remote.sync(), remote.sync(), remote.sync()];
    expect(second).toBe(third);
    await settle();
    reads[1]?.answer(state('e1', 3, 2));
    await first;
    await settle();
    reads[2]?.answer(state('e1', 3, 2));
    await Promise.all([second, third]);
    expect(reads.length).toBe(3);
  });

  it('reads once more when more news came meanwhile than it holds', async () => {
    await load(2);
    const reading = remote.sync();
    await settle();
    for (let n = 3; n <= 1100; n += 1) news('e1', n, n);
    reads[1]?.answer(state('e1', 3, 2));
    await settle();
    reads[2]?.answer(state('e1', 3, 1100));
    await reading;
    expect(position.offset).toBe(1100);
  });

  it('goes on after a read that failed', async () => {
    const failed = remote.sync();
    const again = remote.sync();
    await settle();
    reads[0]?.fail();
    await expect(failed).rejects.toThrow('cut');
    await settle();
    reads[1]?.answer(state('e1', 1, 2, true));
    await again;
    expect(log).toEqual(['start e1 2']);
  });

  it('asks to be checked after another server, once', async () => {
    await load(2);
    remote.mustVerify = true;
    for (const strict of [true, false]) {
      const reading = remote.sync();
      await settle();
      expect(reads[reads.length - 1]?.strict).toBe(strict);
      reads[reads.length - 1]?.answer(state('e1', 3, 2));
      await reading;
    }
  });

  it('takes all of the shared log for news after it went its own way', async () => {
    await load(2);
    remote.detach();
    position = { epoch: 'own', offset: 9 };
    expect(remote.isLoaded).toBe(false);
    const reading = remote.sync();
    await settle();
    reads[1]?.answer(state('e2', 3, 3, true));
    await reading;
    expect(log).toEqual(['start e2 3 news']);
  });

  it('is due before Redis forgets it', async () => {
    expect(remote.isDue(100_000)).toBe(false);
    nowMs = 500;
    await load(2);
    expect([remote.isDue(11_500), remote.isDue(11_501)]).toEqual([false, true]);
  });

  it('does nothing once it is closed', async () => {
    await load(2);
    const reading = remote.sync();
    await settle();
    remote.close();
    reads[1]?.answer(state('e1', 3, 9));
    await reading;
    news('e1', 3, 3);
    expect(log).toEqual([]);
  });
});
