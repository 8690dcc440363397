import { describe, expect, it } from '@jest/globals';
import { englishContextPanel } from '../../messages/contextPanel.ts';
import { fleet } from '../../testing/contexts.ts';
import { fold } from '../../format/fold.ts';
import { arrange, searchOptions } from './contextOptions.ts';

const ids = (options: readonly { id: string }[]): string[] => options.map(({ id }) => id);

describe('searchOptions', () => {
  it.each([
    ['resume', ['resume-04']],
    ['RÉSUMÉ', ['resume-04']],
    ['zurich', ['resume-04']],
    ['mail', ['intake-02']],
    ['contoso 07', ['refund-07']],
    ['7', ['refund-07']],
    ['  ', ids(fleet)],
    ['nothing like it', []],
  ])('finds by %j in label, id, description and keywords', (query, expected) => {
    expect(ids(searchOptions(fleet, query))).toEqual(expected);
  });

  it('puts first what begins with the query', () => {
    expect(ids(searchOptions(fleet, 'in'))[0]).toBe('intake-02');
    expect(ids(searchOptions(fleet, 'in'))).toContain('billing-03');
  });

  it('folds accents and case', () => {
    expect(fold('Ärger Ñandú')).toBe('arger nandu');
  });
});

describe('arrange', () => {
  const words = englishContextPanel;
  const marked = { searching: false, favourites: ['triage-12', 'gone'], recent: ['triage-12', 'refund-07'] };

  it('puts favourites, then recent ones that are no favourites, above all', () => {
    const { rows, items } = arrange(fleet, marked, words);
    expect(rows.flatMap((row) => (row.kind === 'heading' ? [row.text] : []))).toEqual([
      'Favourites',
      'Recent',
      'All',
    ]);
    expect(ids(items).slice(0, 3)).toEqual(['triage-12', 'refund-07', 'billing-03']);
    expect(items).toHaveLength(fleet.length + 2);
  });

  it('has one list without a heading while searching, and where nothing is marked', () => {
    expect(arrange(fleet, { ...marked, searching: true }, words).rows[0]).toMatchObject({ kind: 'option' });
    const plain = arrange(fleet, { searching: false, favourites: [], recent: ['gone'] }, words);
    expect(plain.rows[0]).toMatchObject({ kind: 'option', index: 0 });
  });

  it('shows five recent ones at most', () => {
    const recent = ids(fleet);
    const { rows } = arrange(fleet, { searching: false, favourites: [], recent }, words);
    expect(rows.filter(({ group }) => group === 0)).toHaveLength(6);
  });
});
