import type { NextFunction, RequestHandler, Response } from 'express';
import { FleetdeckError } from '@fleetdeck/kernel';
import type { AllowedHosts } from '../access/hosts.ts';
import type { IdentifiedRequest } from './request-log.middleware.ts';
import { sendProblem } from './send-problem.ts';

/** Paths that an orchestrator asks by address; they tell nothing but up or not. */
const PROBES = /\/health\/(?:live|ready)$/;

/**
 * Refuses requests for a host name that is not the service's, and requests of pages that may not call it. Loopback
 * is no protection of its own: any page in the browser can reach it.
 */
export function gatekeeper(hosts: AllowedHosts): RequestHandler {
  return (request: IdentifiedRequest, response: Response, next: NextFunction) => {
    if (PROBES.test(request.path)) return next();
    const { host, origin } = request.headers;
    if (!hosts.allowsHost(host)) {
      return sendProblem(
        response,
        new FleetdeckError(
          'HOST_REFUSED',
          'This service is not known by that host name; add it to FLEETDECK_ALLOWED_ORIGINS if it should be.',
        ),
        request.id,
      );
    }
    const foreignPage =
      !hosts.allowsOrigin(origin, host) ||
      (origin === undefined && request.get('sec-fetch-site') === 'cross-site' && !isSafe(request.method));
    if (foreignPage) {
      return sendProblem(
        response,
        new FleetdeckError(
          'ORIGIN_REFUSED',
          'The page that sent this may not call the service; add its origin to FLEETDECK_ALLOWED_ORIGINS if it should.',
        ),
        request.id,
      );
    }
    next();
  };
}

function isSafe(method: string): boolean {
  return method === 'GET' || method === 'HEAD';
}
