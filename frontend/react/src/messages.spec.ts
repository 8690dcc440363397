import { describe, expect, it } from '@jest/globals';
import { englishStatus, mergeMessages, statusWord } from './messages.ts';
import { connectionWords } from './messages/connection.ts';
import { englishMessages } from './messages/english.ts';
import { summaryWords } from './messages/summary.ts';

describe('statusWord', () => {
  it.each([
    ['in_progress', 'In progress'],
    ['IN-PROGRESS', 'In progress'],
    [' healthy ', 'Healthy'],
    ['', 'Unknown'],
    [null, 'Unknown'],
    [undefined, 'Unknown'],
    ['constructor', 'Constructor'],
  ])('writes %j as %j', (word, expected) => {
    expect(statusWord(word, englishMessages)).toBe(expected);
  });

  it('takes the word of the map, whatever its case', () => {
    const messages = mergeMessages(englishMessages, { statusWords: { in_progress: 'Läuft' } });
    expect(statusWord('In Progress', messages)).toBe('Läuft');
  });
});

describe('wordsOf', () => {
  it('keeps English where a part of an inner map is given, and is the same object for the same map', () => {
    const given = mergeMessages(englishStatus, { connection: { live: () => 'da' }, nextTry: () => 'bald' });
    const words = connectionWords(given);
    expect(words.connection.live(null)).toBe('da');
    expect(words.connection.denied(null)).toBe('Signed out');
    expect(words.nextTry('5 s')).toBe('bald');
    expect(connectionWords(given)).toBe(words);
    expect(summaryWords(given)).toBe(summaryWords(given));
    expect(summaryWords(given).noStatuses).toBe('Nothing to count');
  });
});

describe('mergeMessages', () => {
  it('replaces single words of the inner maps and keeps the others', () => {
    const merged = mergeMessages(englishMessages, {
      noData: 'nichts',
      connection: { ...englishMessages.connection, live: () => 'da' },
    });
    expect(merged.noData).toBe('nichts');
    expect(merged.connection.live(null)).toBe('da');
    expect(merged.connection.denied(null)).toBe('Signed out');
    expect(merged.loading).toBe('Loading');
  });

  it('gives the same map back when there is nothing to replace', () => {
    expect(mergeMessages(englishMessages, undefined)).toBe(englishMessages);
  });
});
