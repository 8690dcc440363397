import { describe, expect, it } from '@jest/globals';
import { FleetdeckError, isFleetdeckError, messageOf } from './fleetdeck-error.ts';

describe('FleetdeckError', () => {
  it('takes status, category and whether to try again from its code', () => {
    const error = new FleetdeckError('DATABASE_UNAVAILABLE', 'The database does not answer.');
    expect([error.httpStatus, error.category, error.retryable]).toEqual([503, 'unavailable', true]);
    expect([error.name, error.message]).toEqual(['FleetdeckError', 'The database does not answer.']);
  });

  it('goes onto the wire with its fields and wait, and without what led to it', () => {
    const error = new FleetdeckError('RATE_LIMITED', 'Too fast; wait 3 s.', {
      fields: [{ field: 'points', message: 'too many' }],
      retryAfterSeconds: 3,
      cause: new Error('secret'),
    });
    expect(error.cause).toMatchObject({ message: 'secret' });
    expect(error.toProblem('r-1')).toEqual({
      type: 'urn:fleetdeck:error:RATE_LIMITED',
      title: 'Too many requests',
      status: 429,
      detail: 'Too fast; wait 3 s.',
      code: 'RATE_LIMITED',
      retryable: true,
      instance: 'r-1',
      retryAfterSeconds: 3,
      fields: [{ field: 'points', message: 'too many' }],
    });
  });

  it('leaves out of a problem what it does not know', () => {
    const problem = new FleetdeckError('NOT_FOUND', 'There is no agent "a".').toProblem();
    expect(Object.keys(problem).sort()).toEqual(['code', 'detail', 'retryable', 'status', 'title', 'type']);
    expect(new FleetdeckError('NOT_FOUND', 'x')).not.toHaveProperty('cause');
  });
});

describe('isFleetdeckError', () => {
  it('knows one of another copy of the package', () => {
    class FleetdeckErrorOfAnotherCopy extends Error {
      override name = 'FleetdeckError';
      code = 'NOT_FOUND';
      toProblem(): void {}
    }
    expect(isFleetdeckError(new FleetdeckErrorOfAnotherCopy())).toBe(true);
    expect(isFleetdeckError(new FleetdeckError('NOT_FOUND', 'x'))).toBe(true);
  });

  it.each([
    [null],
    [undefined],
    ['FleetdeckError'],
    [new Error('x')],
    [{ name: 'FleetdeckError', code: 'NO_SUCH_CODE', toProblem: 'x'.toString }],
    [{ name: 'FleetdeckError', code: 'toString', toProblem: 'x'.toString }],
    [{ name: 'FleetdeckError', toProblem: 'x'.toString }],
    [{ name: 'FleetdeckError', code: 'NOT_FOUND' }],
  ])('does not take %p for one', (thrown) => {
    expect(isFleetdeckError(thrown)).toBe(false);
  });
});

describe('messageOf', () => {
  it.each<[unknown, string]>([
    [new Error('broken'), 'broken'],
    [{ message: 'of another realm' }, 'of another realm'],
    ['thrown as a text', 'thrown as a text'],
    [new Error(''), 'unknown error'],
    [{ message: 7 }, 'unknown error'],
    [Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
    [{ message: '', code: 7 }, 'unknown error'],
    [{}, 'unknown error'],
    ['', 'unknown error'],
    [null, 'unknown error'],
    [undefined, 'unknown error'],
  ])('reads %p as %p', (thrown, message) => {
    expect(messageOf(thrown)).toBe(message);
  });
});
