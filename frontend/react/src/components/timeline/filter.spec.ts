import fc from 'fast-check';
import { describe, expect, it } from '@jest/globals';
import { manyEvents, someEvents, STORY_NOW } from '../../testing/events.ts';
import { mergeEntries } from './entries.ts';
import {
  applyFilter,
  decodeTimelineFilter,
  encodeTimelineFilter,
  isFiltering,
  joinOptions,
  noFilter,
} from './filter.ts';

const ids = (entries: readonly { id: string }[]): string[] => entries.map(({ id }) => id);
const filterOf = (part: Partial<typeof noFilter>) => ({ ...noFilter, ...part });

describe('a filter', () => {
  it.each([
    [{ text: 'BILLING deployed' }, ['e3']],
    [{ text: 'broker' }, ['e1']],
    [{ types: ['queue', 'security'] }, ['e4', 'e6']],
    [{ statuses: ['critical'] }, ['e1']],
    [{ from: '2026-01-15' }, ['e1', 'e2', 'e3', 'e4']],
    [{ from: '2026-01-12', to: '2026-01-14' }, ['e5', 'e6', 'e7']],
    [{ from: 'now-15m' }, ['e1', 'e2']],
    [{ from: 'today' }, ['e1', 'e2', 'e3', 'e4']],
    [{ from: 'now-24h', to: '2026-01-14' }, ['e5']],
    [{ from: '2026-01-15T12:32:12Z', to: '2026-01-15T14:00:00.000Z' }, ['e3', 'e4']],
    [{ from: 'nonsense', text: ' ' }, ids(someEvents)],
  ])('%j shows %j', (part, expected) => {
    expect(ids(applyFilter(someEvents, filterOf(part), 'UTC', STORY_NOW).shown)).toEqual(expected);
  });

  it('cuts days in its zone', () => {
    const late = [{ id: 'x', at: '2026-01-14T23:30:00Z', title: 'late' }];
    expect(
      applyFilter(late, filterOf({ from: '2026-01-15' }), 'Europe/Berlin', STORY_NOW).shown,
    ).toHaveLength(1);
    expect(applyFilter(late, filterOf({ from: '2026-01-15' }), 'UTC', STORY_NOW).shown).toHaveLength(0);
  });

  it('counts for each option what it would show beside the other filters', () => {
    const { types, statuses, shown } = applyFilter(
      someEvents,
      filterOf({ types: ['operation'], statuses: ['success'] }),
      'UTC',
      STORY_NOW,
    );
    expect(ids(shown)).toEqual(['e5', 'e8']);
    expect(types.find(({ value }) => value === 'deployment')?.count).toBe(1);
    expect(types.find(({ value }) => value === 'operation')?.count).toBe(2);
    expect(statuses.find(({ value }) => value === 'stopped')?.count).toBe(1);
    expect(statuses.some(({ value }) => value === '')).toBe(false);
  });

  it('keeps an option that is chosen and no longer there, with 0', () => {
    expect(applyFilter([], filterOf({ types: ['gone'] }), 'UTC', STORY_NOW).types).toEqual([
      { value: 'gone', count: 0 },
    ]);
  });

  it('goes through an address and back', () => {
    const day = fc
      .integer({ min: 0, max: 40_000 })
      .map((days) => new Date(days * 86_400_000).toISOString().slice(0, 10));
    const words = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 8 }), { maxLength: 4 });
    fc.assert(
      fc.property(
        fc.record({
          text: fc.string().map((text) => text.trim()),
          types: words,
          statuses: words,
          from: fc.option(
            fc.oneof(day, fc.constantFrom('today', 'now-15m', 'now-7d', '2026-01-15T12:30:00Z')),
          ),
          to: fc.option(day),
        }),
        (filter) => {
          const back = decodeTimelineFilter(new URLSearchParams(encodeTimelineFilter(filter).toString()));
          expect(back).toEqual(filter);
          expect(isFiltering(back)).toBe(encodeTimelineFilter(filter).size > 0);
        },
      ),
    );
  });

  it('reads an address that it does not understand as no filter', () => {
    expect(decodeTimelineFilter(new URLSearchParams('from=yesterday&to=2026-13-01&x=1'))).toEqual(noFilter);
  });
});

describe('joinOptions', () => {
  it('has those that were given first, in their order and with their words, and counts where they have none', () => {
    const given = [{ value: 'queue', label: 'Queues' }, { value: 'health', count: 700 }, { value: 'audit' }];
    const counted = [
      { value: 'deployment', count: 2 },
      { value: 'health', count: 13 },
      { value: 'queue', count: 6 },
    ];
    expect(joinOptions(given, counted)).toEqual([
      { value: 'queue', label: 'Queues', count: 6 },
      { value: 'health', count: 700 },
      { value: 'audit' },
      { value: 'deployment', count: 2 },
    ]);
  });
});

describe('mergeEntries', () => {
  it('has each id once, the later of two, newest first', () => {
    const changed = { ...someEvents[1]!, title: 'changed' };
    const merged = mergeEntries([...someEvents].reverse(), [changed]);
    expect(ids(merged)).toEqual(ids(someEvents));
    expect(merged[1]).toBe(changed);
  });

  it('puts what has no readable time last, and keeps the order of one moment', () => {
    const at = 5;
    const merged = mergeEntries([
      { id: 'bad', at: 'never', title: '' },
      { id: 'a', at, title: '' },
      { id: 'b', at, title: '' },
    ]);
    expect(ids(merged)).toEqual(['a', 'b', 'bad']);
  });

  it('is sorted for any order of arrival', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...manyEvents(50)]), (entries) => {
        const times = mergeEntries(entries).map(({ at }) => Number(at));
        expect(times).toEqual([...times].sort((a, b) => b - a));
      }),
    );
  });
});
