import { describe, expect, it } from '@jest/globals';
import { FrameBatch, MessageFrame, textFrame } from './message-frame.ts';

const frame = (offset: number | null, key?: string): MessageFrame =>
  MessageFrame.of('t.a', 'e1', {
    offset,
    at: '2026-01-01T00:00:00.000Z',
    json: '{"é":"\\""}',
    ...(key === undefined ? {} : { key }),
  });

describe('MessageFrame', () => {
  it('is a packet of socket.io with the message in it', () => {
    const message = { topic: 't.a', epoch: 'e1', offset: 7, at: '2026-01-01T00:00:00.000Z', key: 'a"b' };
    expect(frame(7, 'a"b').toMessage()).toEqual({ ...message, data: { é: '"' } });
    expect(JSON.parse(frame(7, 'a"b').packet.slice(1))).toEqual([
      'message',
      { ...message, data: { é: '"' } },
    ]);
    expect(frame(null).toMessage()).not.toHaveProperty('key');
  });

  it('is encoded once', () => {
    const one = frame(1);
    expect(one.bytes).toBe(one.bytes);
    expect(new FrameBatch([one]).bytes).toBe(one.bytes);
  });
});

describe('FrameBatch', () => {
  it('holds whole frames one after the other', () => {
    const [one, two] = [frame(1), frame(2)];
    const batch = new FrameBatch([one, two]);
    expect(batch.bytes.equals(Buffer.concat([one.bytes, two.bytes]))).toBe(true);
    expect(batch.bytes).toBe(batch.bytes);
    expect(new FrameBatch([]).bytes).toHaveLength(0);
  });
});

describe('textFrame', () => {
  it.each([
    [125, [0x81, 125]],
    [126, [0x81, 126, 0, 126]],
    [65_535, [0x81, 126, 0xff, 0xff]],
    [65_536, [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]],
  ])('says that it holds %i bytes', (length, header) => {
    const bytes = textFrame('x'.repeat(length));
    expect([...bytes.subarray(0, header.length)]).toEqual(header);
    expect(bytes).toHaveLength(header.length + length);
  });

  it('counts bytes, not characters', () => {
    expect([...textFrame('é')]).toEqual([0x81, 2, 0xc3, 0xa9]);
  });
});
