import { describe, expect, it } from '@jest/globals';
import { Backlog, type EnginePacket } from './backlog.ts';

describe('Backlog', () => {
  it('counts the bytes that wait, of texts and of frames encoded before', () => {
    const writeBuffer: EnginePacket[] = [{ data: 'née' }];
    const backlog = new Backlog({ writeBuffer });
    expect(backlog.bytes).toBe(4);
    writeBuffer.push({ data: 'ignored', options: { wsPreEncodedFrame: [{ length: 2 }, { length: 8 }] } });
    writeBuffer.push({ options: {} });
    expect(backlog.bytes).toBe(14);
  });

  it('forgets what was handed over', () => {
    const engine = { writeBuffer: [{ data: 'x'.repeat(50) }] };
    const backlog = new Backlog(engine);
    expect(backlog.bytes).toBe(50);
    engine.writeBuffer = [];
    expect(backlog.bytes).toBe(0);
    engine.writeBuffer = [{ data: 'xx' }];
    expect(backlog.bytes).toBe(2);
  });

  it('looks at each packet once, however often it is asked', () => {
    let looks = 0;
    const packet = {
      get data() {
        looks += 1;
        return 'x';
      },
    };
    const backlog = new Backlog({ writeBuffer: [packet, packet] });
    expect([backlog.bytes, backlog.bytes, backlog.bytes]).toEqual([2, 2, 2]);
    expect(looks).toBe(2);
  });

  it('counts nothing for an engine that keeps its packets elsewhere', () => {
    expect(new Backlog({}).bytes).toBe(0);
  });
});
