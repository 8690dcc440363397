import { describe, expect, it } from '@jest/globals';
import { plainToInstance, type ClassConstructor } from 'class-transformer';
import { validateSync } from 'class-validator';
import { AcknowledgeDto, IncidentQueryDto, SilenceInputDto } from './alerts.dto.ts';

function refused<T extends object>(type: ClassConstructor<T>, body: object): string[] {
  return validateSync(plainToInstance(type, body), { whitelist: true, forbidNonWhitelisted: true }).map(
    ({ property }) => property,
  );
}

const silence = {
  matchers: [{ label: 'rule', is: 'equals', value: 'LoopLag' }],
  reason: 'Planned work.',
  endsAt: '2026-01-31T09:00:00Z',
};

describe('IncidentQueryDto', () => {
  it('takes nothing, and every filter with paging', () => {
    expect(refused(IncidentQueryDto, {})).toEqual([]);
    const full = {
      state: 'open',
      severity: 'critical',
      rule: 'LoopLag',
      status: 'ended',
      search: 'berlin',
      facets: 'true',
      from: '2026-01-31T08:00:00Z',
      to: '2026-01-31T09:00:00Z',
      limit: '20',
      cursor: 'abc',
    };
    expect(refused(IncidentQueryDto, full)).toEqual([]);
  });

  it('takes a rule and a status once, or several times', () => {
    const read = (query: object) => plainToInstance(IncidentQueryDto, query);
    expect(read({ rule: 'A', status: 'ended', facets: 'false' })).toEqual({
      rule: ['A'],
      status: ['ended'],
      facets: false,
    });
    expect(read({ rule: ['A', 'B'] })).toEqual({ rule: ['A', 'B'] });
  });

  it.each([
    ['state', { state: 'firing' }],
    ['severity', { severity: 'info' }],
    ['rule', { rule: 'x'.repeat(101) }],
    ['rule', { rule: ['b', 'a\0'] }],
    ['rule', { rule: Array(51).fill('a') }],
    ['rule', { rule: { a: 'b' } }],
    ['status', { status: ['ended', 'open'] }],
    ['search', { search: 'x'.repeat(201) }],
    ['search', { search: 'a\0' }],
    ['search', { search: ['a', 'b'] }],
    ['facets', { facets: 'yes' }],
    ['from', { from: 'yesterday' }],
    ['to', { to: '2026-01-31' }],
    ['limit', { limit: '0' }],
    ['page', { page: '2' }],
  ])('refuses %s in %j', (field, query) => {
    expect(refused(IncidentQueryDto, query)).toEqual([field]);
  });
});

describe('AcknowledgeDto', () => {
  it('takes nothing, and a reason', () => {
    expect(refused(AcknowledgeDto, {})).toEqual([]);
    expect(refused(AcknowledgeDto, { reason: 'On it.\nBack soon.' })).toEqual([]);
  });

  it.each([[{ reason: '  ' }], [{ reason: null }], [{ reason: 'x'.repeat(501) }], [{ reason: 'a\0' }]])(
    'refuses %j',
    (body) => {
      expect(refused(AcknowledgeDto, body)).toEqual(['reason']);
    },
  );
});

describe('SilenceInputDto', () => {
  it('takes the least and the fullest silence', () => {
    expect(refused(SilenceInputDto, silence)).toEqual([]);
    expect(refused(SilenceInputDto, { ...silence, startsAt: '2026-01-31T08:00:00Z' })).toEqual([]);
  });

  it.each([
    ['matchers', { matchers: [] }],
    ['matchers', { matchers: Array.from({ length: 21 }, () => silence.matchers[0]) }],
    ['matchers', { matchers: ['rule'] }],
    ['matchers', { matchers: [{ label: 'my-host', is: 'equals', value: 'a' }] }],
    ['matchers', { matchers: [{ label: 'host', is: 'matches', value: 'a' }] }],
    ['matchers', { matchers: [{ label: 'host', is: 'equals', value: 'a\0' }] }],
    ['reason', { reason: ' ' }],
    ['reason', { reason: undefined }],
    ['startsAt', { startsAt: null }],
    ['endsAt', { endsAt: undefined }],
    ['createdBy', { createdBy: 'somebody else' }],
  ])('refuses %s in %j', (field, part) => {
    expect(refused(SilenceInputDto, { ...silence, ...part })).toEqual([field]);
  });
});
