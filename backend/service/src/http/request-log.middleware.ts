import { randomUUID } from 'node:crypto';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import type { RequestMeter } from '../telemetry/request-meter.ts';

/** A request that has been given its id. */
export interface IdentifiedRequest extends Request {
  id?: string;
}

/**
 * Gives each request an id, answers with it, measures it and writes one line when it ends. The id of a caller is kept
 * when it is plain. The query is left out of the log: it may hold the code of a sign-in link.
 */
export function requestLog(logger: Logger, meter: RequestMeter): RequestHandler {
  return (request: IdentifiedRequest, response: Response, next: NextFunction) => {
    const given = request.get('x-request-id');
    const id = given !== undefined && /^[\w.-]{1,64}$/.test(given) ? given : randomUUID();
    request.id = id;
    response.set('X-Request-Id', id);
    const began = performance.now();
    const path = request.originalUrl.split('?', 1)[0];
    response.once('close', () => {
      const durationMs = Math.round((performance.now() - began) * 100) / 100;
      meter.finished(durationMs);
      const entry = { requestId: id, method: request.method, path, status: response.statusCode, durationMs };
      if (response.statusCode >= 500) logger.warn(entry, 'request');
      else logger.debug(entry, 'request');
    });
    next();
  };
}
