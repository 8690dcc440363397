import { describe, expect, it, jest } from '@jest/globals';
import type { HttpServer } from '@nestjs/common';
import { READY } from '../report/probe-answers.ts';
import { mountProbes } from './probe-routes.ts';
import { sendAnswer } from './send-answer.ts';

describe('the probes', () => {
  it("say at start that they cannot stand on a server that is not one of Node's", () => {
    const adapter = { getType: () => 'uws', getHttpServer: () => ({}), get: () => undefined };
    expect(() => mountProbes(adapter as unknown as HttpServer, 'health', ['live'], () => READY)).toThrow(
      expect.objectContaining({
        code: 'INVALID_INPUT',
        message: expect.stringContaining('cannot put its probes on the platform "uws"'),
      }),
    );
  });

  it('answer on the response that a platform wraps, and tell it so', () => {
    const raw = { writeHead: jest.fn(), end: jest.fn() };
    const hijack = jest.fn();
    sendAnswer({ raw, hijack }, READY);
    expect(hijack).toHaveBeenCalledTimes(1);
    expect(raw.writeHead).toHaveBeenCalledWith(200, READY.headers);
    expect(raw.end).toHaveBeenCalledWith('{"status":"ready"}');
  });
});
