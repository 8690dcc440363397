import fc from 'fast-check';
import { describe, expect, it } from '@jest/globals';
import {
  coarseSeconds,
  currentIndex,
  estimateLeft,
  percentOf,
  remember,
  shownStatus,
  type ProgressMemory,
  type ProgressStage,
} from './progress.ts';
import { progressText } from './progressText.ts';

const stage = (name: string, over: Partial<ProgressStage> = {}): ProgressStage => ({
  stage: name,
  status: 'pending',
  startedAt: null,
  completedAt: null,
  durationSeconds: null,
  error: null,
  ...over,
});
const reports = fc.array(
  fc.record({
    run: fc.constantFrom('one', 'two'),
    percent: fc.oneof(fc.double({ min: -50, max: 150 }), fc.constant(NaN), fc.integer({ min: 0, max: 100 })),
    after: fc.integer({ min: -1000, max: 100_000 }),
  }),
  { maxLength: 60 },
);

describe('progress that is remembered', () => {
  it('never falls within one run and stays within 0 and 100, whatever is reported', () => {
    fc.assert(
      fc.property(reports, (all) => {
        let at = 0;
        let known: ProgressMemory | null = null;
        for (const { run, percent, after } of all) {
          at += after;
          const next: ProgressMemory = remember(known, { run, percent, at });
          expect(next.percent).toBeGreaterThanOrEqual(known?.run === run ? known.percent : 0);
          expect(next.percent).toBeLessThanOrEqual(100);
          known = next;
        }
      }),
    );
  });

  it('gives a time left that is never below 0, nor a range the wrong way round, nor no number', () => {
    fc.assert(
      fc.property(reports, fc.integer({ min: -100_000, max: 10_000_000 }), (all, later) => {
        let at = 0;
        let known: ProgressMemory | null = null;
        for (const { run, percent, after } of all)
          known = remember(known, { run, percent, at: (at += after) });
        const left = estimateLeft(known, at + later);
        if (left === null) return;
        expect(left.low).toBeGreaterThanOrEqual(0);
        expect(Number.isFinite(left.low)).toBe(true);
        if (left.high !== null) expect(left.high).toBeGreaterThanOrEqual(left.low);
      }),
    );
  });

  it('gives none in the first 5 s, under 5 %, without a rate, and while the pace is unsteady', () => {
    const begin = remember(null, { run: 'a', percent: 0, at: 0 });
    expect(estimateLeft(null, 0)).toBeNull();
    expect(estimateLeft(begin, 60_000)).toBeNull();
    const quick = remember(begin, { run: 'a', percent: 10, at: 1_000 });
    expect(estimateLeft(quick, 4_999)).toBeNull();
    expect(estimateLeft(quick, 5_000)).toEqual({ low: 5, high: null });
    expect(estimateLeft(remember(begin, { run: 'a', percent: 4, at: 6_000 }), 6_000)).toBeNull();
    const unsteady = remember(quick, { run: 'a', percent: 90, at: 2_000 });
    expect(estimateLeft(unsteady, 6_000)).toBeNull();
  });

  it('gives a range when the pace varies a little', () => {
    let known = remember(null, { run: 'a', percent: 0, at: 0 });
    [10, 21, 30, 41, 50].forEach((percent, index) => {
      known = remember(known, { run: 'a', percent, at: (index + 1) * 10_000 });
    });
    const left = estimateLeft(known, 50_000);
    expect(left?.low).toBeGreaterThan(40);
    expect(left?.high).toBeLessThan(60);
  });
});

describe('percentOf', () => {
  it('weighs stages, counts skipped ones as done and a running one by its own part', () => {
    const stages = [
      stage('a', { status: 'completed' }),
      stage('b', { status: 'skipped', weight: 2 }),
      stage('c', { status: 'in_progress', percent: 50, weight: 4 }),
      stage('d', { weight: 3 }),
    ];
    expect(percentOf(stages)).toBe(50);
    expect(percentOf([])).toBe(0);
    expect(percentOf([stage('x', { status: 'in_progress' }), stage('y', { weight: NaN })])).toBe(0);
  });
});

describe('currentIndex', () => {
  const stages = [stage('a', { status: 'completed' }), stage('b', { status: 'in_progress' }), stage('c')];
  it.each([
    ['b', 1],
    ['gone', -1],
    [2, 2],
    [3, -1],
    [0.5, -1],
    [null, 1],
    [undefined, 1],
  ])('finds %j at %j', (current, index) => {
    expect(currentIndex(stages, current)).toBe(index);
  });
});

describe('words', () => {
  it('a failure by cancellation is drawn as cancelled', () => {
    expect(shownStatus({ status: 'failed', error: { code: 'CANCELLED', message: '' } })).toBe('cancelled');
    expect(shownStatus({ status: 'failed', error: { code: 'TIMED_OUT', message: '' } })).toBe('failed');
    expect(shownStatus({ status: 'completed', error: null })).toBe('completed');
  });

  it.each([
    [0, 0],
    [1, 5],
    [42, 45],
    [59, 60],
    [95, 120],
    [-5, 0],
    [Infinity, 0],
  ])('%d s is about %d s', (seconds, about) => {
    expect(coarseSeconds(seconds)).toBe(about);
  });
});

describe('progressText', () => {
  it('keeps numbers and times together among words that are read from right to left', () => {
    const took = { startedAt: '2026-01-15T14:00:00Z', completedAt: '2026-01-15T14:03:00Z' };
    const done = { status: 'completed', stages: [stage('one', { status: 'completed', ...took })] } as const;
    const messages = { progress: { completed: 'تم', total: (time: string) => `خلال ${time}` } };
    expect(progressText(done as never, { locale: 'ar', messages })).toMatch(
      /^\u2068تم\u2069, \u2068خلال \u2068.*\u2069\u2069$/,
    );
    expect(progressText(done as never, { locale: 'en' })).toBe('Completed, 3 min in all');
  });
});
