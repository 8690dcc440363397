import { describe, expect, it } from '@jest/globals';
import { alert } from '../../testing/samples.ts';
import { draftOf, emptyDraft, endOf, inputOf, matcherText, type SilenceDraft } from './silence-draft.ts';

const NOW = Date.parse('2026-01-15T12:00:00Z');
const written = (part: Partial<SilenceDraft> = {}): SilenceDraft => ({
  ...draftOf(alert('web-1')),
  reason: ' deploy ',
  ...part,
});
const matcher = { id: 1, label: 'rule', is: 'startsWith' as const, value: '' };

describe('a draft of a silence', () => {
  it('matches the alert that it was begun from, and no other', () => {
    expect(inputOf(written(), NOW, 'utc')).toEqual({
      input: {
        matchers: [
          { label: 'rule', is: 'equals', value: 'LoopLag' },
          { label: 'node', is: 'equals', value: 'web-1' },
        ],
        reason: 'deploy',
        endsAt: '2026-01-15T13:00:00.000Z',
      },
    });
  });

  it('reads an end that is written in the zone of the page', () => {
    const until = '2026-01-15T18:30';
    expect(endOf(written({ spanMs: null, until }), NOW, 'utc')).toBe(Date.parse(`${until}:00Z`));
    expect(endOf(written({ spanMs: null, until }), NOW, 'local')).toBe(
      new Date(2026, 0, 15, 18, 30).getTime(),
    );
  });

  it.each<[string, Partial<SilenceDraft>]>([
    ['Name the label', { matchers: [{ ...matcher, label: ' ' }] }],
    ['Write what the value starts with', { matchers: [matcher] }],
    ['Say until when', { spanMs: null, until: '' }],
    ['The end must lie ahead', { spanMs: null, until: '2026-01-15T11:59' }],
    ['Say why', { reason: '  ' }],
  ])('says what is missing: %s', (sentence, part) => {
    expect(inputOf(written(part), NOW, 'utc')).toEqual({ missing: expect.stringContaining(sentence) });
  });

  it('begins with one condition to fill in, and lets a label be required to be empty', () => {
    const draft = { ...emptyDraft(), reason: 'x' };
    expect(inputOf(draft, NOW, 'utc')).toMatchObject({ input: { matchers: [{ label: 'rule', value: '' }] } });
    expect(matcherText(draft.matchers[0] ?? matcher)).toBe('rule is empty');
    expect(matcherText({ ...matcher, value: 'Lo' })).toBe('rule starts with Lo');
  });
});
