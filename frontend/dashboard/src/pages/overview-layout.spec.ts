import { describe, expect, it } from '@jest/globals';
import { liveSeries } from '../testing/samples.ts';
import { drawSections, OVERVIEW_METRICS, OWN_PREFIX, SECTIONS, seriesTitle } from './overview-layout.ts';

const CPU = 'fleetdeck_process_cpu_percent';
const MEMORY = 'fleetdeck_process_memory_bytes';

describe('drawSections', () => {
  it('keeps every card while nothing is reported, to show that it is awaited', () => {
    const drawn = drawSections([]);
    expect(drawn.map(({ title }) => title)).toEqual(SECTIONS.map(({ title }) => title));
    const cards = drawn.flatMap((section) => section.cards);
    expect(cards.map(({ spec }) => spec.metric)).toEqual(OVERVIEW_METRICS);
    expect(cards.every(({ series }) => series === null)).toBe(true);
  });

  it('does not mix two nodes: each has a section of its own, in the order of their names', () => {
    const series = [
      liveSeries(CPU, { node: 'b' }, { value: 2 }),
      liveSeries(CPU, { node: 'a' }, { value: 1 }),
      liveSeries(MEMORY, { node: 'b' }, { value: 20 }),
    ];
    const service = drawSections(series).filter(({ title }) => title.startsWith('Service'));
    expect(service.map(({ title }) => title)).toEqual(['Service, a', 'Service, b']);
    const values = service.map(({ cards }) => cards.slice(0, 2).map((card) => card.series?.value ?? null));
    expect(values).toEqual([
      [1, null],
      [2, 20],
    ]);
    expect(new Set(drawSections(series).map(({ key }) => key)).size).toBe(drawSections(series).length);
  });

  it('keeps what no node reports apart from what one does', () => {
    const series = [liveSeries(CPU, {}, { value: 1 }), liveSeries(CPU, { node: 'a' }, { value: 2 })];
    const service = drawSections(series).filter(({ title }) => title.startsWith('Service'));
    expect(service.map(({ title, cards }) => [title, cards[0]?.series?.value])).toEqual([
      ['Service', 1],
      ['Service, a', 2],
    ]);
  });

  it('leaves out metrics that no card names', () => {
    const drawn = drawSections([liveSeries('orders_open')]);
    expect(drawn.flatMap(({ cards }) => cards).some(({ series }) => series !== null)).toBe(false);
  });

  it('shows only metrics of Fleetdeck itself', () => {
    expect(OVERVIEW_METRICS.every((name) => name.startsWith(OWN_PREFIX))).toBe(true);
  });
});

describe('seriesTitle', () => {
  it('is the name, with the labels that tell it from its siblings', () => {
    expect(seriesTitle(liveSeries('orders_open'))).toBe('orders_open');
    expect(seriesTitle(liveSeries('orders_open', { shop: 'lisbon', kind: 'web' }))).toBe(
      'orders_open (shop lisbon, kind web)',
    );
  });
});
