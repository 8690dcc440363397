import { describe, expect, it } from '@jest/globals';
import type { Criticality, StatusFamily } from '@fleetdeck/dto';
import { isReady, overallStatus } from './overall-status.ts';

const of = (...pairs: [Criticality, StatusFamily][]) =>
  pairs.map(([criticality, status]) => ({ criticality, status }));

describe('overallStatus', () => {
  const table: [string, [Criticality, StatusFamily][], StatusFamily][] = [
    ['nothing at all is unknown', [], 'unknown'],
    ['one healthy critical component', [['critical', 'healthy']], 'healthy'],
    [
      'a degraded critical component',
      [
        ['critical', 'healthy'],
        ['critical', 'degraded'],
      ],
      'degraded',
    ],
    [
      'the worst of critical components',
      [
        ['critical', 'critical'],
        ['critical', 'degraded'],
      ],
      'critical',
    ],
    [
      'a critical component not known',
      [
        ['critical', 'healthy'],
        ['critical', 'unknown'],
      ],
      'unknown',
    ],
    [
      'degraded outweighs unknown',
      [
        ['critical', 'unknown'],
        ['critical', 'degraded'],
      ],
      'degraded',
    ],
    ['a healthy optional component', [['optional', 'healthy']], 'healthy'],
    [
      'a degraded optional component',
      [
        ['critical', 'healthy'],
        ['optional', 'degraded'],
      ],
      'degraded',
    ],
    [
      'an optional component down only degrades',
      [
        ['critical', 'healthy'],
        ['optional', 'critical'],
      ],
      'degraded',
    ],
    [
      'an optional component not known says nothing',
      [
        ['critical', 'healthy'],
        ['optional', 'unknown'],
      ],
      'healthy',
    ],
    ['only optional components, none known', [['optional', 'unknown']], 'unknown'],
    [
      'informational never counts',
      [
        ['critical', 'healthy'],
        ['informational', 'critical'],
      ],
      'healthy',
    ],
    ['only informational components', [['informational', 'healthy']], 'unknown'],
  ];
  it.each(table)('%s', (_name, components, expected) => {
    expect(overallStatus(of(...components))).toBe(expected);
  });
});

describe('isReady', () => {
  const up = { started: true, shuttingDown: false };

  it('is not ready before start-up is over, whatever the components say', () => {
    expect(isReady(of(['critical', 'healthy']), { ...up, started: false })).toBe(false);
  });

  it('is not ready once shutdown has begun', () => {
    expect(isReady(of(['critical', 'healthy']), { ...up, shuttingDown: true })).toBe(false);
  });

  it.each([
    ['healthy', true],
    ['degraded', true],
    ['unknown', true],
    ['critical', false],
  ] as const)('with a critical component %s is ready: %s', (status, ready) => {
    expect(isReady(of(['critical', 'healthy'], ['critical', status]), up)).toBe(ready);
  });

  it.each(['optional', 'informational'] as const)('is ready whatever an %s component says', (criticality) => {
    expect(isReady(of([criticality, 'critical']), up)).toBe(true);
  });

  it('is ready without any component', () => {
    expect(isReady([], up)).toBe(true);
  });
});
