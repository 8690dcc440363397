import type { Response } from 'express';
import { PROBLEM_MEDIA_TYPE } from '@fleetdeck/dto';
import type { FleetdeckError } from '@fleetdeck/kernel';

/** Answers with a problem from middleware, where no filter reaches. */
export function sendProblem(response: Response, error: FleetdeckError, requestId: string | undefined): void {
  const problem = error.toProblem(requestId);
  if (problem.retryAfterSeconds !== undefined)
    response.set('Retry-After', String(Math.ceil(problem.retryAfterSeconds)));
  response.status(problem.status).set('Content-Type', PROBLEM_MEDIA_TYPE).set('Cache-Control', 'no-store');
  response.send(JSON.stringify(problem));
}
