import { describe, expect, it } from '@jest/globals';
import { Outbox, type Batch } from './outbox.ts';
import type { SharedTopic } from './shared-log.ts';

const topic = (name: string): SharedTopic => ({
  name,
  mode: 'log',
  history: { count: 1, bytes: 1, ageMs: 1 },
  maxKeys: 1,
});
const [a, b] = [topic('a'), topic('b')];
const message = (json: string) => ({ at: '', json });
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

function outbox(maxMessages = 1000, maxBytes = 1_000_000) {
  let epochs = 0;
  const sent: { name: string; batch: Batch; ok: () => void; fail: () => void }[] = [];
  const begun: string[] = [];
  const box = new Outbox({
    maxMessages,
    maxBytes,
    newEpoch: () => `e${(epochs += 1)}`,
    send: ({ name }, batch) =>
      new Promise((resolve, reject) =>
        sent.push({ name, batch, ok: resolve, fail: () => reject(new Error('cut')) }),
      ),
    begun: ({ name }) => begun.push(name),
  });
  const texts = () => sent.map(({ name, batch }) => `${name}:${batch.epoch}:${jsons(batch)}`);
  return { box, sent, begun, texts };
}

const jsons = ({ messages }: Batch): string => messages.map(({ json }) => json).join('');

describe('Outbox', () => {
  it('sends the first message at once and what follows together, one batch of a topic at a time', async () => {
    const { box, sent, texts } = outbox();
    box.open();
    for (const json of ['1', '2', '3']) box.push(a, message(json));
    box.push(b, message('9'));
    expect(texts()).toEqual(['a::1', 'b::9']);
    sent[0]?.ok();
    await settle();
    expect(texts()).toEqual(['a::1', 'b::9', 'a::23']);
    expect(box.messages).toBe(3);
    sent[1]?.ok();
    sent[2]?.ok();
    await box.emptied();
    expect([box.messages, box.bytes]).toEqual([0, 0]);
    await box.emptied();
  });

  it('sends again in order, under the same numbers, what was not confirmed', async () => {
    const { box, sent, texts } = outbox();
    box.push(a, message('1'));
    box.push(a, message('2'));
    expect(texts()).toEqual([]);
    box.open();
    box.push(a, message('3'));
    box.hold();
    sent[0]?.fail();
    await settle();
    box.open();
    expect(texts()).toEqual(['a::12', 'a::123']);
    expect(sent.map(({ batch }) => batch.messages[0]?.sequence)).toEqual([1, 1]);
    expect(box.messages).toBe(3);
  });

  it('counts no confirmation of a connection that has ended', async () => {
    const { box, sent } = outbox();
    box.open();
    box.push(a, message('1'));
    box.hold();
    sent[0]?.ok();
    await settle();
    expect(box.messages).toBe(1);
  });

  it('needs no confirmation of what came back', async () => {
    const { box, sent, texts } = outbox();
    box.open();
    box.push(a, message('1'));
    box.push(a, message('2'));
    box.seen('a', 1);
    box.seen('other', 1);
    expect([box.messages, texts()]).toEqual([1, ['a::1']]);
    sent[0]?.ok();
    await settle();
    expect(texts()).toEqual(['a::1', 'a::2']);
    box.hold();
    expect(box.takeAll()).toMatchObject([{ topic: a, messages: [{ json: '2' }] }]);
  });

  it('begins an epoch between what was before and what comes after', async () => {
    const { box, sent, begun, texts } = outbox();
    box.push(a, message('1'));
    box.begin(a);
    box.push(a, message('2'));
    box.open();
    sent[0]?.ok();
    await settle();
    expect([texts(), begun]).toEqual([['a::1', 'a:e1:2'], []]);
    sent[1]?.ok();
    await settle();
    expect(begun).toEqual(['a']);
  });

  it('drops what is too much, and begins an epoch before the next message of that topic', async () => {
    const { box, sent, texts } = outbox(2);
    box.open();
    for (const json of ['1', '2', '3', '4']) box.push(a, message(json));
    expect(box.dropped).toBe(2);
    sent[0]?.ok();
    await settle();
    box.push(a, message('5'));
    sent[1]?.ok();
    await settle();
    expect(texts()).toEqual(['a::1', 'a::2', 'a:e1:5']);
  });

  it('begins that epoch too when no further message comes', async () => {
    const { box, sent, texts } = outbox(1000, 3);
    box.open();
    box.push(a, message('123'));
    box.push(b, message('4'));
    sent[0]?.ok();
    await settle();
    expect([box.dropped, texts()]).toEqual([1, ['a::123', 'b:e1:']]);
  });

  it('cuts what waits into batches of a bounded size', () => {
    const { box, sent } = outbox();
    for (let i = 0; i < 300; i += 1) box.push(a, message('x'));
    for (let i = 0; i < 3; i += 1) box.push(b, message('y'.repeat(300_000)));
    box.open();
    expect(sent.map(({ batch }) => batch.messages.length)).toEqual([256, 1]);
  });

  it('gives back what it holds, and which topics must begin anew', () => {
    const { box, sent } = outbox(1);
    box.open();
    box.push(a, message('1'));
    box.push(b, message('2'));
    box.hold();
    expect(box.takeAll().map(({ topic: { name }, messages }) => [name, messages.length])).toEqual([
      ['b', 0],
      ['a', 1],
    ]);
    expect([box.messages, sent.length, box.takeAll()]).toEqual([0, 1, []]);
  });
});
