import { describe, expect, it } from '@jest/globals';
import { METRIC_KINDS, METRIC_WINDOW_MS } from '@fleetdeck/dto';
import {
  choicesOf,
  labelTexts,
  metricPath,
  RANGES,
  readView,
  unitOfShown,
  withChoice,
  withoutLabels,
} from './metric-view.ts';

const ids = (kind: 'gauge' | 'counter' | 'distribution', by: string | null = null) =>
  choicesOf(kind, by).map(({ id }) => id);

describe('readView', () => {
  it('shows the last hour of all series together, and of a distribution three percentiles', () => {
    expect(readView('distribution', '')).toMatchObject({
      range: { id: '1h', window: '1m' },
      show: { aggregations: ['p50', 'p95', 'p99'] },
      by: null,
      labels: {},
    });
    expect(readView('gauge', '').show.aggregations).toEqual(['avg', 'min', 'max']);
    expect(readView('counter', '').show.aggregations).toEqual(['ratePerSecond']);
  });

  it('reads all that an address says', () => {
    const view = readView('gauge', 'range=7d&show=max&by=node&label=zone:eu:1&label=node:a,b');
    expect(view).toMatchObject({ range: { id: '7d' }, show: { id: 'max' }, by: 'node' });
    expect(view.labels).toEqual({ zone: 'eu:1', node: 'a,b' });
  });

  it('shows one line for each value of a label', () => {
    expect(readView('distribution', 'by=node').show.id).toBe('p95');
    expect(readView('distribution', 'by=node&show=percentiles').show.id).toBe('p95');
    expect(ids('gauge', 'node')).not.toContain('spread');
  });

  it.each(['range=1y', 'show=p95', 'show=constructor', 'by=', 'by=a:b', 'label=none', 'label=:x', 'label='])(
    'is as by default where nobody can show "%s"',
    (search) => {
      expect(readView('gauge', search)).toEqual(readView('gauge', ''));
    },
  );

  it('reads back the labels of an address that it wrote', () => {
    const labels = { node: 'a b&c', zone: 'x:y,z' };
    expect(readView('gauge', metricPath('m', labels).replace(/.*\?/, '')).labels).toEqual(labels);
    expect(metricPath('a:b')).toBe('/metric/a:b');
    expect(labelTexts(labels)).toEqual(['node:a b&c', 'zone:x:y,z']);
  });
});

describe('the choices', () => {
  it('have more buckets than a line needs, and no more than the service answers with', () => {
    for (const { ms, window } of RANGES) {
      expect(ms / METRIC_WINDOW_MS[window]).toBeGreaterThanOrEqual(60);
      expect(ms / METRIC_WINDOW_MS[window]).toBeLessThanOrEqual(1500);
    }
  });

  it('have names of their own', () => {
    for (const kind of METRIC_KINDS) expect(new Set(ids(kind)).size).toBe(ids(kind).length);
  });

  it('go into the address, and out of it', () => {
    expect(withChoice('', 'range', '7d')).toBe('?range=7d');
    expect(withChoice('range=7d&label=a:b', 'range', null)).toBe('?label=a%3Ab');
    expect(withChoice('range=7d', 'range', null)).toBe('');
    expect(withChoice('show=spread', 'by', 'node')).toBe('?by=node');
    expect(withoutLabels('label=a:b&by=node&label=c:d')).toBe('?by=node');
    expect(withoutLabels('label=a:b')).toBe('');
  });
});

describe('unitOfShown', () => {
  it.each([
    ['ms', 'distribution', 'show=p99', 'ms'],
    ['ms', 'distribution', 'show=count', ''],
    ['1', 'gauge', '', ''],
    ['', 'counter', '', '1/s'],
    ['1', 'counter', 'show=ratePerMinute', '1/min'],
    ['By', 'counter', '', 'By/s'],
  ] as const)('of %s in a %s with "%s" is "%s"', (unit, kind, search, shown) => {
    expect(unitOfShown(unit, readView(kind, search).show)).toBe(shown);
  });
});
