// How much of the kit a page loads: built as a consumer would, React and TanStack Query left out, gzip -9, in KiB.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { ROOT } from '../run.mjs';
import { limit } from './results.mjs';

const EXTERNAL = [/^react(\/|$)/, /^react-dom(\/|$)/, /^@tanstack\/react-query$/];
const CHART_PACKAGES =
  /node_modules\/(?:recharts|@reduxjs|react-redux|redux|immer|reselect|d3-[a-z-]+|victory-vendor)\//;
/** What a page uses that has no socket. */
const WITHOUT_REALTIME = [
  ...[
    'ConnectionStatus',
    'ContextSelector',
    'HealthStrip',
    'IncidentList',
    'MetricsCard',
    'ProgressTracker',
    'StatusBadge',
    'StatusSummary',
  ],
  ...['Timeline', 'FleetdeckProvider', 'useContextSelector', 'useTimeFormat', 'usePageClock'],
];
const ENTRY = 'virtual:kit-entry';

/** Tables of the tokens, for tools and documents: what is drawn takes its colours from the style sheet. */
const TABLES = ['colorTokens', 'densityTokens', 'sizeTokens'];

/** All values that the kit exports, but for the tables. */
function componentsAndHooks() {
  const index = readFileSync(join(ROOT, 'frontend/react/src/index.ts'), 'utf8');
  return [...index.matchAll(/export \{([^}]*)\} from/g)]
    .flatMap(([, names]) => names.split(','))
    .map((name) => name.trim())
    .filter((name) => name !== '' && !name.startsWith('type ') && !TABLES.includes(name));
}

/** Builds a module of that text and answers its chunks. */
async function bundle(source) {
  const { output } = await build({
    root: join(ROOT, 'frontend/react'),
    configFile: false,
    logLevel: 'silent',
    resolve: { conditions: ['@fleetdeck/source', 'module', 'browser', 'production'] },
    plugins: [
      {
        name: 'kit-entry',
        resolveId: (id) => (id === ENTRY ? join(ROOT, 'frontend/react/kit-entry.js') : null),
        load: (id) => (id.endsWith('kit-entry.js') ? source : null),
      },
    ],
    build: {
      write: false,
      modulePreload: false,
      // As in a page, whose entry also holds what its later chunks share; here it exports besides, so that all is kept.
      rollupOptions: { input: ENTRY, external: EXTERNAL, preserveEntrySignatures: 'allow-extension' },
    },
  });
  return new Map(output.filter(({ type }) => type === 'chunk').map((chunk) => [chunk.fileName, chunk]));
}

/** A chunk and all that it imports statically, but for what is loaded already. */
function graphOf(chunks, name, loaded = new Set()) {
  const names = new Set();
  const visit = (each) => {
    if (names.has(each) || loaded.has(each) || !chunks.has(each)) return;
    names.add(each);
    chunks.get(each).imports.forEach(visit);
  };
  visit(name);
  return names;
}

const kib = (chunks, names) =>
  [...names].reduce((sum, name) => sum + gzipSync(chunks.get(name).code, { level: 9 }).length, 0) / 1024;
const entryOf = (chunks) => [...chunks.values()].find(({ isEntry }) => isEntry).fileName;
const modulesOf = (chunks, names) => [...names].flatMap((name) => Object.keys(chunks.get(name).modules));

async function eager(source) {
  const chunks = await bundle(source);
  const names = graphOf(chunks, entryOf(chunks));
  return { chunks, names, size: kib(chunks, names) };
}

/** The sizes of the kit against their goals, as results of a bench. */
export async function kitSizes() {
  const root = await eager(`export { ${WITHOUT_REALTIME.join(', ')} } from '@fleetdeck/react';`);
  const everything = await eager(
    `export { ${componentsAndHooks().join(', ')} } from '@fleetdeck/react'; export * from '@fleetdeck/client'; import 'socket.io-client';`,
  );
  const badge = await eager("export { StatusBadge } from '@fleetdeck/react';");
  const charts = await eager("export * from '@fleetdeck/react/charts';");
  const { chunks, names } = everything;
  const chunkOf = (part) => [...chunks.keys()].find((name) => name.includes(part));
  const onFirstUse = (part, ...before) => {
    const loaded = new Set(names);
    for (const each of before) for (const name of graphOf(chunks, chunkOf(each))) loaded.add(name);
    return kib(chunks, graphOf(chunks, chunkOf(part), loaded));
  };
  const chartModules = modulesOf(chunks, names).filter((id) => CHART_PACKAGES.test(id));
  const sizes = [
    ['kit, client and socket.io-client, eager', everything.size, 50],
    ['kit without realtime, eager', root.size, 25],
    ['StatusBadge alone', badge.size, 4],
    ['combobox, on first use', onFirstUse('ContextPanel'), 20],
    ['virtual list of options, on first use', onFirstUse('VirtualOptionList', 'ContextPanel'), 20],
    ['virtual list of entries, on first use', onFirstUse('VirtualEntryList'), 20],
    ['charts entry', charts.size, 115],
  ];
  return [
    ...sizes.map(([id, size, floor]) => limit({ id, values: [size], unit: 'KiB', floor })),
    limit({
      id: 'chart packages in the eager kit',
      values: [chartModules.length],
      unit: 'modules',
      floor: 0,
    }),
  ];
}
