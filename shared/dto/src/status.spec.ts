import { describe, expect, it } from '@jest/globals';
import { resolveStatus, severityOf, worstTone, type StatusTone } from './status.ts';

describe('resolveStatus', () => {
  it.each([
    ['healthy', 'healthy', 'healthy'],
    ['success', 'healthy', 'healthy'],
    ['resolved', 'healthy', 'healthy'],
    ['online', 'healthy', 'healthy'],
    ['active', 'healthy', 'healthy'],
    ['completed', 'healthy', 'healthy'],
    ['degraded', 'degraded', 'degraded'],
    ['warning', 'degraded', 'degraded'],
    ['working', 'degraded', 'progress'],
    ['pending', 'degraded', 'progress'],
    ['in_progress', 'degraded', 'progress'],
    ['critical', 'critical', 'critical'],
    ['failed', 'critical', 'critical'],
    ['offline', 'critical', 'critical'],
    ['error', 'critical', 'critical'],
    ['unknown', 'unknown', 'unknown'],
    ['stopped', 'unknown', 'unknown'],
    ['cancelled', 'unknown', 'unknown'],
  ])('puts %s into family %s with tone %s', (word, family, tone) => {
    expect(resolveStatus(word)).toEqual({ family, tone });
  });

  it.each([' Online ', 'ONLINE', 'in-progress', 'In Progress', 'in  progress'])(
    'does not mind case, space and hyphen in %p',
    (word) => {
      expect(resolveStatus(word).family).not.toBe('unknown');
    },
  );

  it.each([['purple'], [''], ['constructor'], [null], [undefined]])(
    'calls %p unknown, never healthy',
    (word) => {
      expect(resolveStatus(word)).toEqual({ family: 'unknown', tone: 'unknown' });
    },
  );

  it('survives a value that is no string at all', () => {
    expect(resolveStatus(7 as unknown as string).family).toBe('unknown');
  });
});

describe('the order of tones', () => {
  const calmToAlarm: StatusTone[] = ['healthy', 'progress', 'unknown', 'degraded', 'critical'];

  it('goes from healthy over progress and unknown to critical', () => {
    const shuffled: StatusTone[] = ['critical', 'unknown', 'healthy', 'degraded', 'progress'];
    expect(shuffled.sort((a, b) => severityOf(a) - severityOf(b))).toEqual(calmToAlarm);
  });

  it('finds the worst wherever it stands', () => {
    expect(worstTone(['healthy', 'critical', 'progress'])).toBe('critical');
    expect(worstTone(['progress', 'healthy'])).toBe('progress');
    expect(worstTone(new Set<StatusTone>(['unknown', 'degraded']))).toBe('degraded');
  });

  it('knows nothing when there is nothing', () => {
    expect(worstTone([])).toBe('unknown');
  });
});
