import { describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { FakeTime, settle } from '../testing/fake-time.ts';
import type { HistoryStore } from './history-store.ts';
import { HEARTBEAT_MS, HistoryWriter, MAX_PENDING } from './history-writer.ts';
import type { HealthRun, TransitionRecord } from './transition.ts';

Logger.overrideLogger(false);

type Write = () => Promise<void>;

/** A writer whose store does what a test says, and keeps what reached it. */
function writerFixture() {
  const time = new FakeTime();
  const stored: number[] = [];
  const runs: HealthRun[] = [];
  const forgotten: number[] = [];
  const state = {
    write: (() => Promise.resolve()) as Write,
    writes: 0,
    forget: (() => Promise.resolve()) as Write,
  };
  const store = {
    async write(run: HealthRun, records: readonly TransitionRecord[]) {
      state.writes += 1;
      await state.write();
      runs.push(run);
      stored.push(...records.map(({ sequence }) => sequence));
    },
    forgetBefore(moment: number) {
      forgotten.push(moment);
      return state.forget();
    },
  } as unknown as HistoryStore;
  const run = { id: 'r', node: 'n', startedAt: time.now(), seenAt: time.now(), endedAt: null };
  const writer = new HistoryWriter({ store, run, retentionMs: 1000, clock: time, timers: time });
  let sequence = 0;
  const add = (count = 1) => {
    for (let i = 0; i < count; i++) {
      sequence += 1;
      writer.add({
        component: 'db',
        sequence,
        at: time.now(),
        from: 'healthy',
        to: 'critical',
        reason: null,
      });
    }
  };
  return { time, stored, runs, forgotten, state, writer, add };
}

const refuse: Write = () => Promise.reject(new Error('connection refused'));
const hang: Write = () => new Promise(() => undefined);
const numbers = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

describe('HistoryWriter', () => {
  it('writes what comes together by one statement, as soon as the work at hand is done', async () => {
    const { time, stored, state, writer, add } = writerFixture();
    add(3);
    expect(state.writes).toBe(0);
    await time.advance(0);
    expect([stored, state.writes, writer.pending.length]).toEqual([[1, 2, 3], 1, 0]);
  });

  it('loses nothing through an outage of 60 s, and keeps the order', async () => {
    const { time, stored, state, writer, add } = writerFixture();
    writer.start();
    state.write = refuse;
    for (let second = 0; second < 60; second++) {
      add(50);
      await time.advance(1000);
    }
    expect([stored.length, writer.pending.length, writer.failing, writer.lost]).toEqual([0, 3000, true, 0]);
    // A doubling ceiling of 5 s: many fewer tries than transitions.
    expect(state.writes).toBeLessThan(60);
    state.write = () => Promise.resolve();
    await time.advance(5000);
    expect(stored).toEqual(numbers(3000));
    expect([writer.pending.length, writer.failing]).toEqual([0, false]);
  });

  it('says once that it cannot write and once that it can again', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const log = jest.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);
    const { time, state, add } = writerFixture();
    state.write = () => Promise.reject(Object.assign(new Error('no relation'), { code: '42P01' }));
    add();
    await time.advance(30_000);
    expect(warn.mock.calls.map(([line]) => String(line))).toEqual([
      expect.stringContaining('run migrateFleetdeck(dataSource, [healthMigrations])'),
    ]);
    state.write = () => Promise.resolve();
    await time.advance(5000);
    expect(log.mock.calls).toHaveLength(1);
    warn.mockRestore();
    log.mockRestore();
  });

  it('gives up the oldest when too many wait, and counts them', async () => {
    const { time, stored, state, writer, add } = writerFixture();
    state.write = refuse;
    add(MAX_PENDING + 2);
    expect([writer.pending.length, writer.lost, writer.pending[0]?.sequence]).toEqual([MAX_PENDING, 2, 3]);
    await time.advance(0);
    state.write = () => Promise.resolve();
    await time.advance(5000);
    expect([stored.length, stored[0]]).toEqual([MAX_PENDING, 3]);
  });

  it('does not wait for a write that hangs, nor pile up more than two', async () => {
    const { time, stored, state, add } = writerFixture();
    state.write = hang;
    add();
    await time.advance(120_000);
    expect(state.writes).toBe(2);
    state.write = () => Promise.resolve();
    await time.advance(60_000);
    expect(stored).toEqual([]);
  });

  it('writes what a hung write held once that ended, each once', async () => {
    const { time, stored, state, writer, add } = writerFixture();
    let release: () => void = () => undefined;
    state.write = () => new Promise((resolve) => (release = resolve));
    add();
    await time.advance(10_000);
    state.write = () => Promise.resolve();
    await time.advance(5000);
    expect([stored, writer.pending.length]).toEqual([[1], 0]);
    add();
    release();
    await settle();
    await time.advance(0);
    // The store keeps one of those that come twice, by their numbers.
    expect(new Set(stored)).toEqual(new Set([1, 2]));
    expect(writer.pending).toHaveLength(0);
  });

  it('says every 15 s until when it watched', async () => {
    const { time, runs, writer } = writerFixture();
    writer.start();
    await time.advance(2 * HEARTBEAT_MS);
    const [first, second, third] = runs.map(({ seenAt }) => seenAt);
    expect([(second ?? 0) - (first ?? 0), (third ?? 0) - (second ?? 0)]).toEqual([
      HEARTBEAT_MS,
      HEARTBEAT_MS,
    ]);
  });

  it('ends its run with what was left, and no wait stays open', async () => {
    const { time, stored, runs, writer, add } = writerFixture();
    writer.start();
    add();
    await writer.close();
    await writer.close();
    expect([stored, runs.at(-1)?.endedAt, time.pending]).toEqual([[1], time.now(), 0]);
    add();
    expect(time.pending).toBe(0);
  });

  it('ends after three seconds when the database hangs', async () => {
    const error = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const { time, state, writer, add } = writerFixture();
    state.write = hang;
    add();
    const closing = writer.close();
    await time.advance(3000);
    await closing;
    expect(String(error.mock.calls[0]?.[0])).toContain('1 transitions of health are not in the history');
    error.mockRestore();
  });

  it('is closed for all who close it only when all is written', async () => {
    const { stored, state, writer, add } = writerFixture();
    let release: () => void = () => undefined;
    state.write = () => new Promise((resolve) => (release = resolve));
    add();
    let closed = 0;
    const closing = [1, 2].map(() => writer.close().then(() => (closed += 1)));
    await settle();
    expect(closed).toBe(0);
    release();
    await Promise.all(closing);
    expect([stored, state.writes]).toEqual([[1], 1]);
  });

  it('says nothing of a write that was on its way when it closed, and fails once all is written', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const error = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const { time, stored, state, writer, add } = writerFixture();
    let cut: (reason: Error) => void = () => undefined;
    state.write = () => new Promise((_resolve, reject) => (cut = reject));
    add();
    await time.advance(0);
    state.write = () => Promise.resolve();
    await writer.close();
    // As when the service destroys its pool.
    cut(new Error('Connection terminated'));
    await settle();
    expect([stored, time.pending]).toEqual([[1], 0]);
    expect([...warn.mock.calls, ...error.mock.calls]).toEqual([]);
    warn.mockRestore();
    error.mockRestore();
  });

  it('says what is missing when nothing but its end could not be written', async () => {
    const error = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const { state, writer } = writerFixture();
    state.write = refuse;
    await writer.close();
    expect(error.mock.calls).toEqual([['The end of this process is not in the history: connection refused']]);
    error.mockRestore();
  });

  it('forgets what is too old within the first hour and then every hour, also after a failure', async () => {
    const { time, forgotten, state, writer } = writerFixture();
    const start = time.now();
    writer.start();
    await time.advance(1_800_000);
    expect(forgotten).toEqual([start + 1_800_000 - 1000]);
    state.forget = refuse;
    await time.advance(3_600_000);
    state.forget = () => Promise.resolve();
    await time.advance(3_600_000);
    expect(forgotten).toHaveLength(3);
  });
});
