import { describe, expect, it } from '@jest/globals';
import type { StatusFamily } from '@fleetdeck/dto';
import type { HealthCheckOutcome } from '@fleetdeck/kernel';
import { StatusJudge } from './status-judge.ts';

const OUTCOMES: Record<string, HealthCheckOutcome> = {
  h: { status: 'healthy' },
  d: { status: 'degraded', reason: 'half' },
  c: { status: 'critical', reason: 'gone' },
};

/** Feeds results one letter each and writes the statuses after each as letters. */
function run(results: string, failureThreshold: number, successThreshold: number): string {
  const judge = new StatusJudge({ failureThreshold, successThreshold, latency: null, errorRate: null });
  let status: StatusFamily = 'unknown';
  return [...results]
    .map((letter) => {
      status = judge.judge(status, OUTCOMES[letter] ?? { status: 'healthy' }, 1).status;
      return status[0];
    })
    .join('');
}

describe('StatusJudge', () => {
  it.each([
    ['follows every result by default', 'hchdh', 1, 1, 'hchdh'],
    ['takes the first result at once', 'c', 3, 3, 'c'],
    ['forgives a blip', 'hchcchh', 3, 1, 'hhhhhhh'],
    ['falls after three in a row', 'hcccc', 3, 1, 'hhhcc'],
    ['recovers after two in a row', 'chchh', 1, 2, 'cccch'],
    ['does not let one blip among degraded results decide', 'hdcdd', 3, 1, 'hhhdd'],
    ['falls further when it stays critical', 'hdccc', 3, 1, 'hhhdc'],
    ['rises step by step', 'cdhhh', 1, 2, 'ccdhh'],
    ['makes one incident of a flap', 'hccchchchh', 3, 2, 'hhhcccccch'],
  ])('%s', (_name, results, failures, successes, expected) => {
    expect(run(results, failures, successes)).toBe(expected);
  });

  it('gives the reason of the status it shows, and keeps it while a change is pending', () => {
    const judge = new StatusJudge({
      failureThreshold: 2,
      successThreshold: 2,
      latency: null,
      errorRate: null,
    });
    expect(judge.judge('unknown', { status: 'critical', reason: 'a' }, 1)).toEqual({
      status: 'critical',
      reason: 'a',
    });
    expect(judge.judge('critical', { status: 'critical' }, 1)).toEqual({ status: 'critical', reason: null });
    expect(judge.judge('critical', { status: 'healthy' }, 1)).toEqual({
      status: 'critical',
      reason: undefined,
    });
    expect(judge.judge('critical', { status: 'degraded', reason: 'b' }, 1)).toEqual({
      status: 'degraded',
      reason: 'b',
    });
  });

  it('degrades what is slow, and needs it to be quick again', () => {
    const judge = new StatusJudge({
      failureThreshold: 1,
      successThreshold: 1,
      latency: { degradedAboveMs: 100, recoverBelowMs: 50, window: 1 },
      errorRate: null,
    });
    const after = (ms: number, outcome: HealthCheckOutcome = { status: 'healthy' }) =>
      judge.judge('healthy', outcome, ms);
    expect(after(100).status).toBe('healthy');
    expect(after(101)).toEqual({ status: 'degraded', reason: expect.stringContaining('over 100 ms') });
    expect(after(60).status).toBe('degraded');
    expect(after(60, { status: 'degraded', reason: 'own' }).reason).toBe('own');
    // A quick failure says nothing about speed.
    expect(after(1, { status: 'critical' }).status).toBe('critical');
    expect(after(50).status).toBe('degraded');
    expect(after(49).status).toBe('healthy');
    expect(after(60).status).toBe('healthy');
  });

  it('judges speed by the median of the window, so that one slow check is no degradation', () => {
    const judge = new StatusJudge({
      failureThreshold: 1,
      successThreshold: 1,
      latency: { degradedAboveMs: 100, recoverBelowMs: 50, window: 3 },
      errorRate: null,
    });
    const letters = [10, 500, 10, 500, 500, 10, 10, 10].map(
      (ms) => judge.judge('healthy', { status: 'healthy' }, ms).status[0],
    );
    expect(letters.join('')).toBe('hhhdddhh');
  });

  it('leaves failures out of the window of speed, since a refused connection is quick', () => {
    const judge = new StatusJudge({
      failureThreshold: 1,
      successThreshold: 1,
      latency: { degradedAboveMs: 100, recoverBelowMs: 50, window: 3 },
      errorRate: null,
    });
    const after = (ms: number, status: HealthCheckOutcome['status'] = 'healthy') =>
      judge.judge('healthy', { status }, ms).status;
    for (const ms of [500, 500, 500]) expect(after(ms)).toBe('degraded');
    for (const ms of [1, 1, 1]) expect(after(ms, 'critical')).toBe('critical');
    expect(after(500)).toBe('degraded');
  });

  it('degrades what fails too often though never in a row, until it fails seldom again', () => {
    const judge = new StatusJudge({
      failureThreshold: 2,
      successThreshold: 1,
      latency: null,
      errorRate: { degradedAbove: 0.3, recoverBelow: 0.1, window: 10 },
    });
    let status: StatusFamily = 'unknown';
    const seen = [...'hhhhchchchchchhhhhhhhhhhh'].map((letter) => {
      status = judge.judge(status, OUTCOMES[letter] ?? { status: 'healthy' }, 1).status;
      return status[0];
    });
    // The fourth failure in ten passes 30 %; it is healthy again once one in ten is left.
    expect(seen.join('')).toBe('hhhhhhhhhhhdddddddddhhhhh');
    expect(judge.judge('healthy', { status: 'healthy' }, 1).reason).toBeNull();
  });

  it('names the limits in its reason and not the measured rate', () => {
    const judge = new StatusJudge({
      failureThreshold: 1,
      successThreshold: 1,
      latency: null,
      errorRate: { degradedAbove: 0.25, recoverBelow: 0.1, window: 4 },
    });
    judge.judge('unknown', { status: 'critical' }, 1);
    judge.judge('critical', { status: 'critical' }, 1);
    expect(judge.judge('critical', { status: 'healthy' }, 1)).toEqual({
      status: 'degraded',
      reason: 'More than 25 % of 4 checks failed, and not yet again 10 % or less.',
    });
    expect(judge.judge('degraded', { status: 'degraded', reason: 'own' }, 1).reason).toBe('own');
  });
});
