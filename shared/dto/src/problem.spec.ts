import { describe, expect, it } from '@jest/globals';
import { isProblem, problemOf } from './problem.ts';

describe('problemOf', () => {
  it('takes type, title, status and retryable from the code', () => {
    expect(problemOf('OVERLOADED', 'Too much at once; try again in 2 s.')).toEqual({
      type: 'urn:fleetdeck:error:OVERLOADED',
      title: 'The service is busy',
      status: 503,
      detail: 'Too much at once; try again in 2 s.',
      code: 'OVERLOADED',
      retryable: true,
    });
  });

  it('carries request id, wait and fields when they are given', () => {
    const extra = { instance: 'r-1', retryAfterSeconds: 2, fields: [{ field: 'a', message: 'must be b' }] };
    expect(problemOf('INVALID_INPUT', 'No.', extra)).toMatchObject(extra);
  });
});

describe('isProblem', () => {
  it('knows its own kind after a trip over the wire', () => {
    expect(isProblem(JSON.parse(JSON.stringify(problemOf('NOT_FOUND', 'There is no agent "a".'))))).toBe(
      true,
    );
  });

  it.each([
    [null],
    ['NOT_FOUND'],
    [{ type: 'about:blank', title: 'Not Found', status: 404, detail: 'gone' }],
    [{ code: 'NOT_FOUND', status: '404', detail: 'gone' }],
    [{ code: 'NOT_FOUND', status: 404 }],
    [{ code: 'toString', status: 404, detail: 'gone' }],
  ])('does not take %p for one', (value) => {
    expect(isProblem(value)).toBe(false);
  });
});
