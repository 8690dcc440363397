import { describe, expect, it, jest } from '@jest/globals';
import { shareSnapshots } from './shared-snapshots.ts';

const messages = [{ topic: 't', epoch: 'e', offset: 1, at: 'now', data: { text: '"née"' } }];

function setUp() {
  const encode = jest.fn((_packet: unknown) => ['stock']);
  const server = { encoder: { encode } };
  shareSnapshots(server as never);
  return { encode, server };
}

function counted(value: object) {
  const toJSON = jest.fn(() => value);
  return { toJSON };
}

describe('shareSnapshots', () => {
  it('encodes an answer with a snapshot as socket.io would', () => {
    const { encode, server } = setUp();
    const answer = { ok: true, epoch: 'e', offset: 1, recovered: false, snapshot: { messages } };
    const [text] = server.encoder.encode({ type: 3, nsp: '/', id: 12, data: [answer] });
    expect(text?.slice(0, 3)).toBe('312');
    expect(JSON.parse(text?.slice(3) ?? '')).toEqual([answer]);
    expect(encode).not.toHaveBeenCalled();
  });

  it('encodes an event with a snapshot as socket.io would', () => {
    const { server } = setUp();
    const [text] = server.encoder.encode({ type: 2, nsp: '/', data: ['reset', { snapshot: { state: 1 } }] });
    expect(text).toBe('2["reset",{"snapshot":{"state":1}}]');
  });

  it('encodes the values of a topic once for all who start from them', () => {
    const { server } = setUp();
    const value = counted({ n: 1 });
    const values = [value];
    for (let id = 0; id < 5; id += 1) {
      server.encoder.encode({ type: 3, nsp: '/', id, data: [{ ok: true, snapshot: { messages: values } }] });
    }
    expect(value.toJSON).toHaveBeenCalledTimes(1);
  });

  it('encodes the state of one reading once, that of another anew though it is the same object', () => {
    const { server } = setUp();
    const state = counted({ n: 1 });
    for (const snapshot of [
      { messages, state },
      { messages, state },
    ]) {
      for (let id = 0; id < 3; id += 1) {
        server.encoder.encode({ type: 3, nsp: '/', id, data: [{ ok: true, snapshot }] });
      }
    }
    expect(state.toJSON).toHaveBeenCalledTimes(2);
  });

  it.each([
    ['other kinds of packets', { type: 0, nsp: '/', data: { sid: 'x' } }],
    ['other namespaces', { type: 3, nsp: '/other', id: 1, data: [{ snapshot: { messages } }] }],
    ['answers without a snapshot', { type: 3, nsp: '/', id: 1, data: [{ ok: true }] }],
    ['answers without anything', { type: 3, nsp: '/', id: 1, data: [null] }],
    ['packets without data', { type: 3, nsp: '/', id: 1 }],
  ])('leaves %s to socket.io', (_what, packet) => {
    const { encode, server } = setUp();
    expect(server.encoder.encode(packet)).toEqual(['stock']);
    expect(encode).toHaveBeenCalledWith(packet);
  });

  it.each([[{}], [{ encoder: {} }]])('changes nothing on a server that is made otherwise: %j', (server) => {
    shareSnapshots(server as never);
    expect(Object.hasOwn((server as { encoder?: object }).encoder ?? {}, 'encode')).toBe(false);
  });
});
