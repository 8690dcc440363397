import { EventEmitter } from 'node:events';
import { describe, expect, it, jest } from '@jest/globals';
import { Backlog, type EnginePacket } from './backlog.ts';

function source() {
  const engine = new EventEmitter();
  return {
    engine: engine as never,
    queue: (packet: EnginePacket) => engine.emit('packetCreate', packet),
    flush: () => engine.emit('flush'),
  };
}

describe('Backlog', () => {
  it('counts the bytes that wait, of texts and of frames encoded before', () => {
    const { engine, queue } = source();
    const backlog = new Backlog(engine, 100, () => undefined);
    queue({ data: 'née' });
    queue({ data: 'ignored', options: { wsPreEncodedFrame: [{ length: 2 }, { length: 8 }] } });
    queue({ options: {} });
    expect(backlog.bytes).toBe(14);
  });

  it('forgets what was handed over', () => {
    const { engine, queue, flush } = source();
    const backlog = new Backlog(engine, 100, () => undefined);
    queue({ data: 'x'.repeat(50) });
    flush();
    expect(backlog.bytes).toBe(0);
  });

  it('takes one large packet to a client that reads, and complains once more comes behind it', () => {
    const { engine, queue, flush } = source();
    const onFull = jest.fn();
    new Backlog(engine, 100, onFull);
    queue({ data: 'x'.repeat(500) });
    flush();
    queue({ data: 'x'.repeat(101) });
    expect(onFull).not.toHaveBeenCalled();
    queue({ data: 'x' });
    expect(onFull).toHaveBeenCalledTimes(1);
  });
});
