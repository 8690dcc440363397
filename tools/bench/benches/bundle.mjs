// What pages load, gzip -9: the built dashboard at a first visit, what live topics and what the whole kit add to a page
// of one's own.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { nx, ROOT } from '../../run.mjs';
import { clientSize } from '../client-size.mjs';
import { kitSizes } from '../kit-sizes.mjs';
import { limit, round, Unmeasurable } from '../results.mjs';

const DASHBOARD = join(ROOT, 'frontend/dashboard');
const FORBIDDEN = [
  'recharts',
  'class-validator',
  'class-transformer',
  'reflect-metadata',
  '@fleetdeck/kernel',
];

export default async function bundle() {
  const code = await nx(['run', '@fleetdeck/dashboard:build', '--outputStyle=static']);
  if (code !== 0) throw new Unmeasurable('the dashboard does not build');
  const manifest = JSON.parse(readFileSync(join(DASHBOARD, 'dist/manifest.json'), 'utf8'));
  const files = initialFiles(manifest);
  const size = (names) =>
    names.reduce(
      (sum, name) => sum + gzipSync(readFileSync(join(DASHBOARD, 'dist', name)), { level: 9 }).length,
      0,
    ) / 1024;

  const modules = await initialModules();
  const bytesOf = (name) =>
    modules
      .filter(({ id }) => id.includes(`/node_modules/${name}/`) || id.includes(`/${name}/`))
      .reduce((sum, { length }) => sum + length, 0);
  const client = await clientSize();
  return {
    results: [
      limit({ id: 'initial JavaScript, gzip', values: [size(files.js)], unit: 'KiB', floor: 120 }),
      limit({ id: 'initial CSS, gzip', values: [size(files.css)], unit: 'KiB', floor: 20 }),
      limit({
        id: 'WebSocketManager, useWebSocket and useTopic, on top of socket.io-client',
        values: [client.initial],
        unit: 'bytes',
        floor: 6_144,
      }),
      ...FORBIDDEN.map((name) =>
        limit({ id: `${name} in the initial chunk`, values: [bytesOf(name)], unit: 'bytes', floor: 0 }),
      ),
      ...(await kitSizes()),
    ],
    notes: {
      pollingLoadedWhenNeeded: { bytes: client.later },
      router: { name: 'wouter', renderedKiB: round(bytesOf('wouter') / 1024) },
      files: [...files.js, ...files.css],
    },
  };
}

/** The entry and everything that it imports statically: what the browser loads before the page can work. */
function initialFiles(manifest) {
  const js = new Set();
  const css = new Set();
  const visit = (key) => {
    const chunk = manifest[key];
    if (js.has(chunk.file)) return;
    js.add(chunk.file);
    for (const file of chunk.css ?? []) css.add(file);
    for (const next of chunk.imports ?? []) visit(next);
  };
  for (const [key, chunk] of Object.entries(manifest)) if (chunk.isEntry) visit(key);
  return { js: [...js], css: [...css] };
}

/** Which modules the initial chunks hold, and how long each is in them. Asks the bundler, not the file's text. */
async function initialModules() {
  const { output } = await build({
    root: DASHBOARD,
    configFile: join(DASHBOARD, 'vite.config.ts'),
    logLevel: 'silent',
    plugins: [
      {
        name: 'no-compression',
        configResolved: (config) =>
          void (config.plugins.find(({ name }) => name === 'fleetdeck:compressed').writeBundle = undefined),
      },
    ],
    build: { write: false },
  });
  const chunks = new Map(
    output.filter(({ type }) => type === 'chunk').map((chunk) => [chunk.fileName, chunk]),
  );
  const initial = new Set();
  const visit = (name) => {
    if (initial.has(name) || !chunks.has(name)) return;
    initial.add(name);
    chunks.get(name).imports.forEach(visit);
  };
  for (const [name, chunk] of chunks) if (chunk.isEntry) visit(name);
  return [...initial].flatMap((name) =>
    Object.entries(chunks.get(name).modules).map(([id, { renderedLength, code }]) => ({
      id,
      length: code?.length ?? renderedLength,
    })),
  );
}
