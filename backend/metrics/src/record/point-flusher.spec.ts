import { describe, expect, it } from '@jest/globals';
import { FakeClock } from '@fleetdeck/kernel/testing';
import { MetricEntry } from '../registry/series.ts';
import { ManualTimers } from '../testing/manual-timers.ts';
import { Losses } from './losses.ts';
import { PointBuffer } from './point-buffer.ts';
import { PointFlusher } from './point-flusher.ts';

const settle = () => new Promise((resolve) => setImmediate(resolve));

function setUp(capacity = 100_000) {
  const clock = new FakeClock('1970-01-01T00:00:00.000Z');
  const timers = new ManualTimers(clock);
  const lines: string[] = [];
  const losses = new Losses(clock, (line) => lines.push(line));
  const buffer = new PointBuffer(capacity);
  const writes: { values: readonly number[]; ticket: number; at: number }[] = [];
  const fake = { answer: (): Promise<void> => Promise.resolve() };
  const flusher = new PointFlusher({
    buffer,
    write: (batch, ticket) => {
      writes.push({ values: batch.values, ticket, at: clock.now() });
      return fake.answer();
    },
    intervalMs: 1000,
    clock,
    timers,
    losses,
    log: { warn: (line) => lines.push(line), log: (line) => lines.push(line) },
    random: () => 1,
  });
  const series = new MetricEntry(
    {
      name: 'x',
      kind: 'gauge',
      unit: '',
      help: '',
      labels: [],
      expectedEveryMs: null,
      goodDirection: 'none',
    },
    false,
    false,
  ).seriesOf({}, 1);
  const record = (value: number) => {
    buffer.push(series, value, clock.now());
    flusher.noteRecorded();
  };
  return { clock, timers, lines, losses, buffer, writes, fake, flusher, record };
}

const failure = (code: string) => () =>
  Promise.reject(Object.assign(new Error(`failed with ${code}`), { code }));

describe('PointFlusher', () => {
  it('writes what is there each interval, in batches of 5000', async () => {
    const { timers, writes, flusher, record } = setUp();
    flusher.start();
    for (let i = 0; i < 5001; i += 1) record(i);
    timers.advance(1000);
    await settle();
    expect(writes.map(({ values, ticket }) => [values.length, ticket])).toEqual([
      [5000, 1],
      [1, 2],
    ]);
    expect(flusher.written).toBe(5001);
    expect(flusher.waiting).toBe(0);
    expect(flusher.lagMs).toBe(0);
    record(0);
    timers.advance(1000);
    await settle();
    expect(writes).toHaveLength(3);
  });

  it('writes again after writes that never get an answer', async () => {
    const { timers, writes, fake, flusher, record } = setUp();
    fake.answer = () => new Promise<void>(() => undefined);
    flusher.start();
    record(1);
    for (let second = 0; second < 60; second += 1) {
      timers.advance(1000);
      await settle();
    }
    expect(writes).toHaveLength(2);
    fake.answer = () => Promise.resolve();
    for (let second = 0; second < 90; second += 1) {
      timers.advance(1000);
      await settle();
    }
    expect([flusher.waiting, flusher.written, flusher.lagMs]).toEqual([0, 1, 0]);
  });

  it('never has more than six writes without an answer, and says so', async () => {
    const { timers, writes, fake, flusher, record, lines } = setUp();
    const answers: (() => void)[] = [];
    fake.answer = () => new Promise<void>((resolve) => answers.push(resolve));
    flusher.start();
    record(1);
    for (let second = 0; second < 3600; second += 1) {
      timers.advance(1000);
      await settle();
    }
    expect(writes).toHaveLength(6);
    expect(lines.at(-1)).toContain('keepAlive and query_timeout');
    fake.answer = () => Promise.resolve();
    answers[0]?.();
    for (let second = 0; second < 20; second += 1) {
      timers.advance(1000);
      await settle();
    }
    expect(flusher.waiting).toBe(0);
  });

  it('backs off while writing fails, with the same ticket, and comes back to the interval', async () => {
    const { timers, writes, fake, flusher, record, lines, clock } = setUp();
    fake.answer = failure('ECONNREFUSED');
    flusher.start();
    record(1);
    for (let second = 0; second < 60; second += 1) {
      timers.advance(1000);
      await settle();
    }
    expect(writes.map(({ at }) => at / 1000)).toEqual([1, 2, 4, 8, 16, 31, 46]);
    expect(new Set(writes.map(({ ticket }) => ticket))).toEqual(new Set([1]));
    expect(flusher.lagMs).toBe(60_000);
    fake.answer = () => Promise.resolve();
    record(2);
    timers.advance(1000);
    await settle();
    expect(clock.now()).toBe(61_000);
    expect(flusher.waiting).toBe(0);
    record(3);
    timers.advance(1000);
    await settle();
    expect(writes.slice(-3).map(({ values, ticket, at }) => [values, ticket, at])).toEqual([
      [[1], 1, 61_000],
      [[2], 2, 61_000],
      [[3], 3, 62_000],
    ]);
    expect(lines).toEqual([
      'Points could not be written, they are kept and tried again: failed with ECONNREFUSED',
      'Points are being written again.',
    ]);
  });

  it('drops a batch that the database refuses three times for what it is, and goes on with the next', async () => {
    const { timers, fake, flusher, record, losses } = setUp();
    fake.answer = failure('22P02');
    flusher.start();
    record(1);
    for (let second = 0; second < 4; second += 1) {
      timers.advance(1000);
      await settle();
    }
    expect(losses.totals).toEqual({ refused: 1 });
    expect(flusher.waiting).toBe(0);
    fake.answer = () => Promise.resolve();
    record(2);
    expect(await flusher.flush(1000)).toBe(true);
  });

  it('keeps a batch for which the partition is missing', async () => {
    const { timers, fake, flusher, record, losses } = setUp();
    fake.answer = failure('23514');
    flusher.start();
    record(1);
    for (let second = 0; second < 60; second += 1) {
      timers.advance(1000);
      await settle();
    }
    expect(losses.total).toBe(0);
    expect(flusher.waiting).toBe(1);
  });

  it('on demand writes what came while an earlier write was on its way', async () => {
    const { writes, fake, flusher, record } = setUp();
    const answers: (() => void)[] = [];
    fake.answer = () => new Promise<void>((resolve) => answers.push(resolve));
    record(1);
    const first = flusher.flush(1000);
    record(2);
    const both = Promise.all([flusher.flush(1000), flusher.flush(1000)]);
    answers.shift()?.();
    expect(await first).toBe(true);
    await settle();
    answers.shift()?.();
    expect(await both).toEqual([true, true]);
    expect(writes.map(({ values }) => values)).toEqual([[1], [2]]);
    expect(await flusher.flush(1000)).toBe(true);
  });

  it('on demand says no at its deadline, and at once while the database is away', async () => {
    const { timers, fake, flusher, record } = setUp();
    fake.answer = () => new Promise<void>(() => undefined);
    record(1);
    const slow = flusher.flush(1000);
    timers.advance(1000);
    expect(await slow).toBe(false);
    timers.advance(9000);
    await settle();
    expect(await flusher.flush(1000)).toBe(false);
  });

  it('gives up on an answer after 10 s, and asks no more while two are still out', async () => {
    const { timers, writes, fake, flusher, record, lines } = setUp();
    const answers: (() => void)[] = [];
    fake.answer = () => new Promise<void>((resolve) => answers.push(resolve));
    flusher.start();
    record(1);
    for (let second = 0; second < 120; second += 1) {
      timers.advance(1000);
      await settle();
    }
    expect(writes).toHaveLength(2);
    expect(lines[0]).toContain('no answer within 10 s');
    for (const answer of answers) answer();
    fake.answer = () => Promise.resolve();
    for (let second = 0; second < 16; second += 1) {
      timers.advance(1000);
      await settle();
    }
    expect(flusher.waiting).toBe(0);
  });

  it('at the end tries until its deadline, counts what is left, and leaves no timer', async () => {
    const { timers, fake, flusher, record, losses } = setUp();
    fake.answer = failure('ECONNREFUSED');
    flusher.start();
    record(1);
    record(2);
    let ended = false;
    void flusher.stop(1000).then(() => {
      ended = true;
    });
    for (let step = 0; step < 12; step += 1) {
      await settle();
      timers.advance(100);
    }
    await settle();
    expect(ended).toBe(true);
    expect(losses.totals).toEqual({ closed: 2 });
    expect(timers.size).toBe(0);
  });
});

describe('Losses', () => {
  it('logs each reason at most once a minute', () => {
    const { losses, lines, clock } = setUp();
    expect(losses.sinceLastMs).toBe(Infinity);
    losses.add('full', 1, '"a"');
    losses.add('full', 2, '"b"');
    losses.add('notFinite', 1, '"c"');
    clock.advance(60_000);
    losses.add('full', 1, '"d"');
    expect(lines).toEqual([
      'A point of "a" was dropped: the buffer is full, so the oldest went. So far 1 for this reason.',
      'A point of "c" was dropped: the value is not a finite number. So far 1 for this reason.',
      'A point of "d" was dropped: the buffer is full, so the oldest went. So far 4 for this reason.',
    ]);
    expect(losses.total).toBe(5);
    expect(losses.sinceLastMs).toBe(0);
  });
});
