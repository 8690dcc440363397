import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createFrame } from './frame.ts';

let paints: (() => void)[] = [];
const paint = (): void => {
  for (const each of paints.splice(0)) each();
};

beforeEach(() => {
  paints = [];
  jest
    .spyOn(globalThis, 'requestAnimationFrame')
    .mockImplementation((callback) => paints.push(() => callback(0)));
  jest.spyOn(globalThis, 'cancelAnimationFrame').mockImplementation(() => {
    paints = [];
  });
});
afterEach(() => {
  jest.restoreAllMocks();
});

describe('frames', () => {
  it('that are asked for before the same paint run in one go, each once', () => {
    const runs: string[] = [];
    const [a, b] = [createFrame(() => runs.push('a')), createFrame(() => runs.push('b'))];
    a.request();
    b.request();
    a.request();
    expect(paints).toHaveLength(1);
    paint();
    expect(runs).toEqual(['a', 'b']);
    paint();
    expect(runs).toEqual(['a', 'b']);
  });

  it('that are asked for while others run wait for the next paint', () => {
    let runs = 0;
    const frame = createFrame(() => {
      runs += 1;
      if (runs === 1) frame.request();
    });
    frame.request();
    paint();
    expect(runs).toBe(1);
    paint();
    expect(runs).toBe(2);
  });

  it('that are cancelled do not run, and the last one gives the paint back', () => {
    const run = jest.fn();
    const [a, b] = [createFrame(run), createFrame(run)];
    a.request();
    b.request();
    a.cancel();
    expect(cancelAnimationFrame).not.toHaveBeenCalled();
    b.cancel();
    expect(cancelAnimationFrame).toHaveBeenCalledTimes(1);
    b.cancel();
    expect(cancelAnimationFrame).toHaveBeenCalledTimes(1);
    b.request();
    paint();
    expect(run).toHaveBeenCalledTimes(1);
  });

  it('do not keep each other from running by an error, which is reported', () => {
    const reported = jest.fn();
    globalThis.reportError = reported;
    const run = jest.fn();
    const error = new Error('mine');
    createFrame(() => {
      throw error;
    }).request();
    createFrame(run).request();
    paint();
    expect(run).toHaveBeenCalledTimes(1);
    expect(reported).toHaveBeenCalledWith(error);
  });
});
