import type { RequestHandler } from 'express';
import helmet from 'helmet';

/**
 * Headers of every answer. The dashboard loads nothing but its own files and needs no inline script or style; the API
 * explorer's page brings inline styles of its own.
 */
export function securityHeaders(docsPath: string): RequestHandler {
  const strict = helmet({
    contentSecurityPolicy: { useDefaults: false, directives: directives([]) },
    strictTransportSecurity: false,
  });
  const docs = helmet({
    contentSecurityPolicy: { useDefaults: false, directives: directives(["'unsafe-inline'"]) },
    strictTransportSecurity: false,
  });
  return (request, response, next) =>
    (request.path.startsWith(docsPath) ? docs : strict)(request, response, next);
}

function directives(inlineStyles: string[]) {
  return {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'", ...inlineStyles],
    imgSrc: ["'self'", 'data:'],
    fontSrc: ["'self'"],
    connectSrc: ["'self'"],
    baseUri: ["'self'"],
    formAction: ["'self'"],
    frameAncestors: ["'none'"],
  };
}
