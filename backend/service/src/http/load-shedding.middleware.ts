import type { NextFunction, RequestHandler, Response } from 'express';
import { FleetdeckError } from '@fleetdeck/kernel';
import type { IdentifiedRequest } from './request-log.middleware.ts';
import { sendProblem } from './send-problem.ts';

/** API requests that are worked on at once; more would only wait for the same connections. */
export const MAX_CONCURRENT_REQUESTS = 100;

/** Answers 503 with `Retry-After` at once when too many requests are under way, instead of letting all of them wait. */
export function loadShedding(limit = MAX_CONCURRENT_REQUESTS): RequestHandler {
  let underWay = 0;
  return (request: IdentifiedRequest, response: Response, next: NextFunction) => {
    if (underWay >= limit) {
      // Spread, so that those who were refused together do not come back together.
      const retryAfterSeconds = 1 + Math.floor(Math.random() * 3);
      return sendProblem(
        response,
        new FleetdeckError('OVERLOADED', 'Too many requests are under way; try again shortly.', {
          retryAfterSeconds,
        }),
        request.id,
      );
    }
    underWay += 1;
    response.once('close', () => {
      underWay -= 1;
    });
    next();
  };
}
