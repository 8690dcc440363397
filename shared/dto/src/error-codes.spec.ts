import { describe, expect, it } from '@jest/globals';
import { CATEGORY_STATUS, ERROR_CODES, httpStatusOf, isFleetdeckErrorCode } from './error-codes.ts';
import type { FleetdeckErrorCode } from './error-codes.ts';

const codes = Object.keys(ERROR_CODES) as FleetdeckErrorCode[];

describe('error codes', () => {
  it('answer with the status of their category', () => {
    expect(httpStatusOf('INVALID_INPUT')).toBe(400);
    expect(httpStatusOf('SESSION_EXPIRED')).toBe(401);
    expect(httpStatusOf('FORBIDDEN')).toBe(403);
    expect(httpStatusOf('UNKNOWN_METRIC')).toBe(404);
    expect(httpStatusOf('RESOURCE_BUSY')).toBe(409);
    expect(httpStatusOf('PAYLOAD_TOO_LARGE')).toBe(413);
    expect(httpStatusOf('IDEMPOTENCY_KEY_REUSED')).toBe(422);
    expect(httpStatusOf('RATE_LIMITED')).toBe(429);
    expect(httpStatusOf('INTERNAL')).toBe(500);
    expect(httpStatusOf('DATABASE_UNAVAILABLE')).toBe(503);
    expect(httpStatusOf('TIMED_OUT')).toBe(504);
  });

  it.each(codes)('%s has an error status and a title for people', (code) => {
    expect(httpStatusOf(code)).toBeGreaterThanOrEqual(400);
    expect(ERROR_CODES[code].title).toMatch(/^[A-Z][^.]+[^.]$/);
  });

  it('leave no category without a code', () => {
    const used = new Set(codes.map((code) => ERROR_CODES[code].category));
    expect([...used].sort()).toEqual(Object.keys(CATEGORY_STATUS).sort());
  });

  it('call what the service cannot do right now retryable, and what the caller got wrong not', () => {
    for (const code of codes) {
      const { category, retryable } = ERROR_CODES[code];
      if (category === 'unavailable' || category === 'timeout')
        expect({ code, retryable }).toEqual({ code, retryable: true });
      if (category === 'input' || category === 'denied')
        expect({ code, retryable }).toEqual({ code, retryable: false });
    }
  });

  it('are told from other words, also from the names that every object has', () => {
    expect(isFleetdeckErrorCode('NOT_FOUND')).toBe(true);
    expect(isFleetdeckErrorCode('toString')).toBe(false);
    expect(isFleetdeckErrorCode('not_found')).toBe(false);
    expect(isFleetdeckErrorCode(404)).toBe(false);
    expect(isFleetdeckErrorCode(undefined)).toBe(false);
  });
});
