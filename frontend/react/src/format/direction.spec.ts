import { describe, expect, it } from '@jest/globals';
import { isolate, isRightToLeft } from './direction.ts';

describe('isRightToLeft', () => {
  it('goes by the script of a locale, whatever its language is', () => {
    const rightToLeft = ['ar', 'ar-EG', 'fa', 'he', 'ur', 'ckb', 'ps', 'yi', 'dv', 'ug', 'az-Arab', 'pa-PK'];
    expect(rightToLeft.filter((locale) => !isRightToLeft(locale))).toEqual([]);
    expect(['en', 'de', 'ja', 'az', 'ar-Latn', 'hi'].filter(isRightToLeft)).toEqual([]);
  });
});

describe('isolate', () => {
  it('keeps a value together among words that are read from right to left, and nowhere else', () => {
    expect(isolate('3 min', 'ar')).toBe('\u20683 min\u2069');
    expect(isolate('', 'ar')).toBe('');
    expect(isolate('3 min', 'de')).toBe('3 min');
  });
});
