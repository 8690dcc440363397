import { describe, expect, it } from '@jest/globals';
import { newerTracking, type StatusTracking } from './tracking.ts';

function snapshot(progressPercent: number, version?: number): StatusTracking {
  return {
    status: 'in_progress',
    stages: [],
    currentStage: null,
    progressPercent,
    estimatedDurationSeconds: null,
    ...(version === undefined ? {} : { version }),
  };
}

describe('newerTracking', () => {
  it('takes a higher version', () => {
    const incoming = snapshot(60, 3);
    expect(newerTracking(snapshot(40, 2), incoming)).toBe(incoming);
  });

  it('drops a late or repeated one', () => {
    const known = snapshot(60, 3);
    expect(newerTracking(known, snapshot(40, 2))).toBe(known);
    expect(newerTracking(known, snapshot(60, 3))).toBe(known);
  });

  it('takes what comes when there is nothing to compare', () => {
    const incoming = snapshot(10, 1);
    expect(newerTracking(undefined, incoming)).toBe(incoming);
    expect(newerTracking(snapshot(40), incoming)).toBe(incoming);
    const bare = snapshot(20);
    expect(newerTracking(snapshot(40, 9), bare)).toBe(bare);
  });
});
