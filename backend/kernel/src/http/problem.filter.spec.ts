import { afterEach, describe, expect, it, jest } from '@jest/globals';
import {
  HttpException,
  InternalServerErrorException,
  Logger,
  NotFoundException,
  type ArgumentsHost,
} from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import { FleetdeckError } from '../fleetdeck-error.ts';
import { ProblemFilter, toFleetdeckError } from './problem.filter.ts';

function codeOf(thrown: unknown): string {
  return toFleetdeckError(thrown).code;
}

const withCode = (code: string): Error => Object.assign(new Error('secret'), { code });

describe('toFleetdeckError', () => {
  it('leaves a FleetdeckError as it is', () => {
    const error = new FleetdeckError('CONFLICT', 'x');
    expect(toFleetdeckError(error)).toBe(error);
  });

  it.each([
    [400, 'INVALID_INPUT'],
    [401, 'UNAUTHENTICATED'],
    [403, 'FORBIDDEN'],
    [404, 'NOT_FOUND'],
    [408, 'TIMED_OUT'],
    [409, 'CONFLICT'],
    [413, 'PAYLOAD_TOO_LARGE'],
    [415, 'INVALID_INPUT'],
    [422, 'INVALID_INPUT'],
    [429, 'RATE_LIMITED'],
    [500, 'INTERNAL'],
    [502, 'INTERNAL'],
    [503, 'OVERLOADED'],
    [504, 'TIMED_OUT'],
  ])('reads an HttpException of status %d as %s', (status, code) => {
    expect(codeOf(new HttpException('x', status))).toBe(code);
  });

  it('keeps the message of an HttpException, but not of one that speaks of the service’s inside', () => {
    expect(toFleetdeckError(new NotFoundException('There is no order 7.')).message).toBe(
      'There is no order 7.',
    );
    expect(toFleetdeckError(new InternalServerErrorException('secret')).message).not.toContain('secret');
  });

  it('knows an HttpException of another copy of Nest', () => {
    const foreign = { getStatus: () => 404, getResponse: () => 'gone', message: 'gone' };
    expect(toFleetdeckError(foreign)).toMatchObject({ code: 'NOT_FOUND', message: 'gone' });
  });

  it('names the fields of a validation answer, at most 20, and none when there is no list', () => {
    const lines = Array.from({ length: 30 }, (_, i) => `f${i} must be short`);
    const fields = toFleetdeckError(new HttpException({ message: lines }, 400)).fields;
    expect(fields).toHaveLength(20);
    expect(fields?.[19]).toEqual({ field: 'f19', message: 'f19 must be short' });
    expect(toFleetdeckError(new HttpException({ message: 'one text' }, 400)).fields).toBeUndefined();
    expect(toFleetdeckError(new HttpException('one text', 400)).fields).toBeUndefined();
  });

  it.each([
    [{ type: 'entity.too.large', status: 413, message: 'x' }, 'PAYLOAD_TOO_LARGE'],
    [{ type: 'entity.parse.failed', status: 400, message: 'x' }, 'INVALID_INPUT'],
    [{ type: 'charset.unsupported', status: 415, expose: true, message: 'x' }, 'INVALID_INPUT'],
    [{ status: 500, expose: false, message: 'x' }, 'INTERNAL'],
    [{ status: '400', expose: true, message: 'x' }, 'INTERNAL'],
  ])('reads the error %j of a body parser as %s', (thrown, code) => {
    expect(codeOf(thrown)).toBe(code);
  });

  it.each(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', '57P01', '57P03', '08006', '53300'])(
    'reads code %s as a database that is away',
    (code) => {
      const error = toFleetdeckError(withCode(code));
      expect([error.code, error.retryAfterSeconds]).toEqual(['DATABASE_UNAVAILABLE', 2]);
      expect(error.message).not.toContain('secret');
    },
  );

  it.each([
    'Connection terminated unexpectedly',
    'timeout exceeded when trying to connect',
    'database "x" is not currently accepting connections',
  ])('reads "%s" of the driver as a database that is away', (message) => {
    expect(toFleetdeckError(new Error(message)).code).toBe('DATABASE_UNAVAILABLE');
  });

  it.each([
    [withCode('23505')],
    [withCode('57014')],
    [withCode('ENOENT')],
    [new Error('secret')],
    ['secret'],
    [null],
    [undefined],
  ])('tells nothing of %p', (thrown) => {
    const error = toFleetdeckError(thrown);
    expect(error.code).toBe('INTERNAL');
    expect(error.message).not.toContain('secret');
    expect(error.cause).toBe(thrown);
  });
});

describe('ProblemFilter', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  function caught(thrown: unknown, request: object, response: object, headersSent = false) {
    const httpAdapter = {
      isHeadersSent: () => headersSent,
      setHeader: jest.fn(),
      reply: jest.fn<(response: unknown, body: string, status: number) => void>(),
      end: jest.fn(),
    };
    const http = { getRequest: () => request, getResponse: () => response };
    const host = { switchToHttp: () => http } as unknown as ArgumentsHost;
    new ProblemFilter({ httpAdapter } as unknown as HttpAdapterHost).catch(thrown, host);
    return httpAdapter;
  }

  it('takes over a request id that is a number', () => {
    const { reply } = caught(new FleetdeckError('NOT_FOUND', 'x'), { id: 7 }, {});
    expect(JSON.parse(String(reply.mock.calls[0]?.[1]))).toMatchObject({ instance: '7' });
  });

  it('gives the log the stack of what was thrown', () => {
    const error = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const thrown = new Error('broken');
    caught(thrown, { id: 'r' }, {});
    expect(error).toHaveBeenCalledWith('broken (request r)', thrown.stack);
  });

  it('cuts an answer off that has begun, and writes nothing more into it', () => {
    const destroy = jest.fn();
    const adapter = caught(new FleetdeckError('NOT_FOUND', 'x'), {}, { destroy }, true);
    expect(destroy).toHaveBeenCalledTimes(1);
    expect(adapter.setHeader).not.toHaveBeenCalled();
    expect(adapter.reply).not.toHaveBeenCalled();
    expect(adapter.end).not.toHaveBeenCalled();
  });

  it('ends it where the platform knows no way to cut it off', () => {
    const adapter = caught(new FleetdeckError('NOT_FOUND', 'x'), {}, {}, true);
    expect(adapter.end).toHaveBeenCalledTimes(1);
    expect(adapter.reply).not.toHaveBeenCalled();
  });
});
