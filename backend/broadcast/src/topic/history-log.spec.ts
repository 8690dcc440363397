import { describe, expect, it } from '@jest/globals';
import { HistoryLog } from './history-log.ts';

const at = '2026-01-01T00:00:00.000Z';
const limits = { count: 3, bytes: 1000, ageMs: 1000 };

function logOf(count: number, own = limits, everyMs = 0): HistoryLog {
  const log = new HistoryLog('e1', own);
  for (let n = 1; n <= count; n += 1) log.append({ at, json: String(n) }, n * everyMs);
  return log;
}
const offsets = (log: HistoryLog, offset: number, nowMs = 0) =>
  log.since({ epoch: 'e1', offset }, nowMs).messages.map((message) => message.offset);

describe('HistoryLog', () => {
  it('numbers messages from 1', () => {
    const log = logOf(0);
    expect(log.position).toEqual({ epoch: 'e1', offset: 0 });
    expect(log.append({ at, json: '{}' }, 0)).toEqual({ offset: 1, at, json: '{}' });
    expect(log.position.offset).toBe(1);
  });

  it('gives a client that starts its position and no message', () => {
    expect(logOf(3).since(undefined, 0)).toEqual({
      position: { epoch: 'e1', offset: 3 },
      recovered: false,
      messages: [],
    });
  });

  it('gives exactly what was missed, in order', () => {
    const log = logOf(3);
    expect(offsets(log, 1)).toEqual([2, 3]);
    expect(log.since({ epoch: 'e1', offset: 1 }, 0).recovered).toBe(true);
  });

  it('recovers a client that missed nothing', () => {
    expect(logOf(3).since({ epoch: 'e1', offset: 3 }, 0)).toMatchObject({ recovered: true, messages: [] });
  });

  it('recovers from just before the oldest kept message and not from further back', () => {
    const log = logOf(5);
    expect(offsets(log, 2)).toEqual([3, 4, 5]);
    expect(log.since({ epoch: 'e1', offset: 1 }, 0)).toEqual({
      position: { epoch: 'e1', offset: 5 },
      recovered: false,
      reset: 'expired',
      messages: [],
    });
  });

  it('resets a position of another run', () => {
    expect(logOf(3).since({ epoch: 'e0', offset: 3 }, 0)).toMatchObject({ recovered: false, reset: 'epoch' });
  });

  it('resets a position that is ahead', () => {
    expect(logOf(3).since({ epoch: 'e1', offset: 4 }, 0)).toMatchObject({ recovered: false, reset: 'ahead' });
  });

  it('keeps no more bytes than allowed', () => {
    const log = new HistoryLog('e1', { ...limits, bytes: 10 });
    log.append({ at, json: '"ééé"' }, 0);
    log.append({ at, json: '12' }, 0);
    expect(offsets(log, 0)).toEqual([1, 2]);
    log.append({ at, json: '3' }, 0);
    expect(log.since({ epoch: 'e1', offset: 0 }, 0).reset).toBe('expired');
    expect(offsets(log, 1)).toEqual([2, 3]);
  });

  it('keeps nothing of a message that is larger than all that is allowed', () => {
    const log = new HistoryLog('e1', { ...limits, bytes: 2 });
    log.append({ at, json: '"long"' }, 0);
    expect(log.since({ epoch: 'e1', offset: 0 }, 0).reset).toBe('expired');
    expect(log.since({ epoch: 'e1', offset: 1 }, 0).recovered).toBe(true);
  });

  it('keeps no message longer than its age, also when nothing is published any more', () => {
    const log = logOf(3, limits, 500);
    expect(offsets(log, 1, 2000)).toEqual([2, 3]);
    expect(log.since({ epoch: 'e1', offset: 1 }, 2001).reset).toBe('expired');
    expect(log.since({ epoch: 'e1', offset: 3 }, 9000).recovered).toBe(true);
  });

  it('stays exact over many thousands of messages', () => {
    const log = logOf(5000, { ...limits, count: 300, bytes: 1_000_000 });
    for (let n = 5001; n < 6000; n += 1) {
      log.append({ at, json: String(n) }, 0);
      const missed = log.since({ epoch: 'e1', offset: n - 300 }, 0);
      expect(missed.messages).toHaveLength(300);
      expect(missed.messages[0]).toMatchObject({ offset: n - 299, json: String(n - 299) });
    }
  });
});
