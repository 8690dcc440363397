import { describe, expect, it } from '@jest/globals';
import { BROADCAST_CODES } from '@fleetdeck/dto';
import { FleetdeckError, type FleetdeckErrorOptions } from '@fleetdeck/kernel';
import { titleOf, toRefusal } from './refusal.ts';

describe('toRefusal', () => {
  it.each([
    ['FORBIDDEN', {}, 'FORBIDDEN', null],
    ['RATE_LIMITED', { retryAfterSeconds: 0.5 }, 'RATE_LIMITED', 500],
    ['OVERLOADED', {}, 'OVERLOADED', 1000],
    ['HOST_REFUSED', {}, 'FORBIDDEN', null],
    ['INVALID_CURSOR', {}, 'INVALID_INPUT', null],
    ['IDENTITY_UNAVAILABLE', { retryAfterSeconds: 3 }, 'OVERLOADED', 3000],
    ['CONFLICT', {}, 'INTERNAL', 1000],
  ] as const)('tells %s %j as %s', (code, options: FleetdeckErrorOptions, name, retryAfterMs) => {
    const { number } = BROADCAST_CODES[name];
    const error = new FleetdeckError(code, 'Why.', options);
    expect(toRefusal(error)).toEqual({ ok: false, code: number, message: 'Why.', retryAfterMs });
  });

  it('has a title for every code, and none for a number that is no code', () => {
    expect(titleOf(4402)).toBe('The session has expired');
    expect(titleOf(1)).toBe('');
  });
});
