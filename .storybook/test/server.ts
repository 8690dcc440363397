import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize, sep } from 'node:path';

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css',
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
};

/** A running static server. */
export interface StaticServer {
  /** Address of the folder, with a slash at its end. */
  url: string;
  close: () => Promise<void>;
}

/** Serves a folder below a path, on a free port of the loopback. Anything outside that path is 404. */
export async function serveFolder(folder: string, path: string): Promise<StaticServer> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    // Asked for by the browser itself, at the root of whatever host it is.
    if (pathname === '/favicon.ico') return void response.writeHead(204).end();
    const file = normalize(join(folder, decodeURIComponent(pathname.slice(path.length)) || 'index.html'));
    const inside = pathname.startsWith(path) && file.startsWith(folder + sep);
    (inside ? readFile(file) : Promise.reject(new RangeError('outside'))).then(
      (body) => response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'text/plain' }).end(body),
      () => response.writeHead(404).end('not found'),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
