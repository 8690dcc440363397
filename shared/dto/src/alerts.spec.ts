import { describe, expect, it } from '@jest/globals';
import { matchesLabels, type SilenceMatcher } from './alerts.ts';

const labels = { rule: 'LoopLag', severity: 'degraded', host: 'web-1' };
const matcher = (label: string, is: SilenceMatcher['is'], value: string): SilenceMatcher => ({
  label,
  is,
  value,
});

describe('matchesLabels', () => {
  it('needs every matcher to hold', () => {
    const both = [matcher('rule', 'equals', 'LoopLag'), matcher('host', 'startsWith', 'web-')];
    expect(matchesLabels(both, labels)).toBe(true);
    expect(matchesLabels([...both, matcher('severity', 'notEquals', 'degraded')], labels)).toBe(false);
    expect(matchesLabels([...both, matcher('severity', 'notEquals', 'critical')], labels)).toBe(true);
  });

  it('matches nothing without a matcher, so that an empty silence does not hush everything', () => {
    expect(matchesLabels([], labels)).toBe(false);
  });

  it('takes a label that is not there for the empty text', () => {
    expect(matchesLabels([matcher('zone', 'equals', '')], labels)).toBe(true);
    expect(matchesLabels([matcher('zone', 'notEquals', 'eu')], labels)).toBe(true);
    expect(matchesLabels([matcher('toString', 'startsWith', 'f')], labels)).toBe(false);
  });
});
