// How much the client and the hooks add to a page that has React and socket.io-client already.
import { gzipSync } from 'node:zlib';
import { join } from 'node:path';
import { build, minifySync } from 'vite';
import { ROOT } from '../run.mjs';

/** What a page with live topics imports. */
const CONSUMER = `
export { WebSocketManager } from '@fleetdeck/client';
export { useTopic, useWebSocket } from '@fleetdeck/react';
`;
const EXTERNAL = [/^react(\/|$)/, /^react-dom(\/|$)/, /^socket\.io-client$/];
const ENTRY = join(ROOT, 'consumer-of-the-client.js');

// A library build keeps its white space, a page's does not.
const minified = (fileName, code) =>
  minifySync(fileName, code, { module: true, compress: true, mangle: { toplevel: true } }).code;

/**
 * Builds that page for production and weighs what is not React's or socket.io's, by gzip -9, in bytes.
 * @returns `initial` what it loads at once, `later` what it loads when it is first needed
 */
export async function clientSize() {
  const [{ output }] = await build({
    root: ROOT,
    configFile: false,
    logLevel: 'silent',
    resolve: { conditions: ['@fleetdeck/source', 'module', 'browser', 'production'] },
    plugins: [
      {
        name: 'consumer',
        enforce: 'pre',
        resolveId: (id) => (id === ENTRY ? id : null),
        load: (id) => (id === ENTRY ? CONSUMER : null),
      },
    ],
    build: {
      write: false,
      target: 'es2023',
      // As a library: the loader that Vite puts around dynamic imports belongs to the page, which has it anyway.
      lib: { entry: ENTRY, formats: ['es'] },
      minify: false,
      rollupOptions: { external: EXTERNAL },
    },
  });
  const chunks = output.filter(({ type }) => type === 'chunk');
  const byName = new Map(chunks.map((chunk) => [chunk.fileName, chunk]));
  const initial = new Set();
  const visit = (name) => {
    if (initial.has(name) || !byName.has(name)) return;
    initial.add(name);
    byName.get(name).imports.forEach(visit);
  };
  for (const { isEntry, fileName } of chunks) if (isEntry) visit(fileName);
  const weigh = (wanted) =>
    chunks
      .filter(({ fileName }) => initial.has(fileName) === wanted)
      .reduce((sum, { fileName, code }) => sum + gzipSync(minified(fileName, code), { level: 9 }).length, 0);
  return { initial: weigh(true), later: weigh(false) };
}
