import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import sirv from 'sirv';

const YEAR_SECONDS = 365 * 24 * 60 * 60;

/**
 * Serves the built dashboard: hashed assets for good, compressed as the build left them, and the page itself for every
 * path of its router. The page learns its base path from its `<base>`.
 */
export function dashboardFiles(dir: string, basePath: string): RequestHandler {
  const page = Buffer.from(
    readFileSync(join(dir, 'index.html'), 'utf8').replace('<base href="/"', `<base href="${basePath}/"`),
  );
  const etag = `"${createHash('sha256').update(page).digest('base64url').slice(0, 27)}"`;
  const assets = sirv(join(dir, 'assets'), {
    brotli: true,
    gzip: true,
    immutable: true,
    maxAge: YEAR_SECONDS,
    etag: true,
  });

  const sendPage = (request: Request, response: Response): void => {
    response.set({ ETag: etag, 'Cache-Control': 'no-cache', 'Content-Type': 'text/html; charset=utf-8' });
    if (request.headers['if-none-match'] === etag) response.status(304).end();
    else response.send(page);
  };

  return (request: Request, response: Response, next: NextFunction) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return next();
    if (!request.path.startsWith(`${basePath}/`) && request.path !== basePath) return next();
    const path = request.path.slice(basePath.length);
    if (path === '') return response.redirect(308, `${basePath}/`);
    if (path.startsWith('/assets/')) {
      const url = request.url;
      request.url = url.slice(basePath.length + '/assets'.length);
      return assets(request, response, () => {
        request.url = url;
        next();
      });
    }
    if (/^\/(?:(?:api|health|ws|sign-in\/link)(?:\/|$)|metrics$)/.test(path) || /\.\w+$/.test(path))
      return next();
    sendPage(request, response);
  };
}
