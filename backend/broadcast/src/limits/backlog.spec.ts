import { EventEmitter } from 'node:events';
import { describe, expect, it } from '@jest/globals';
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
    const backlog = new Backlog(engine);
    queue({ data: 'née' });
    queue({ data: 'ignored', options: { wsPreEncodedFrame: [{ length: 2 }, { length: 8 }] } });
    queue({ options: {} });
    expect(backlog.bytes).toBe(14);
  });

  it('forgets what was handed over', () => {
    const { engine, queue, flush } = source();
    const backlog = new Backlog(engine);
    queue({ data: 'x'.repeat(50) });
    flush();
    expect(backlog.bytes).toBe(0);
  });
});
