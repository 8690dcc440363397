import { describe, expect, it } from '@jest/globals';
import { formatFor } from './exposition.ts';

const OPEN = 'application/openmetrics-text';

describe('formatFor', () => {
  it.each([
    [undefined, 'prometheus'],
    ['', 'prometheus'],
    ['*/*', 'prometheus'],
    ['application/*', 'prometheus'],
    [OPEN, 'openMetrics'],
    ['Application/OpenMetrics-Text; Version=1.0.0', 'openMetrics'],
    [`${OPEN}, text/plain`, 'openMetrics'],
    // As Prometheus 2 and 3 ask.
    [
      `${OPEN};version=1.0.0;q=0.5,${OPEN};version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2`,
      'openMetrics',
    ],
    [`text/plain;version=0.0.4;q=0.6, ${OPEN};version=1.0.0;q=0.5`, 'prometheus'],
    [`text/plain, ${OPEN};q=0.9`, 'prometheus'],
    [`text/*;q=0.8, ${OPEN};q=0.5`, 'prometheus'],
    [`*/*;q=0.1, ${OPEN};q=0.5`, 'openMetrics'],
    // What names the format counts, not what stands for all.
    [`*/*, text/plain;q=0.2, ${OPEN};q=0.5`, 'openMetrics'],
    [`${OPEN};q=0`, 'prometheus'],
    [`${OPEN};q=0, */*`, 'prometheus'],
    [`${OPEN}; q=1.0`, 'openMetrics'],
    [`${OPEN};q=much`, 'prometheus'],
  ])('of %j is %s', (accept, format) => {
    expect(formatFor(accept)).toBe(format);
  });
});
