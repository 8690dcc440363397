// Pages of the benches, built as production has them.
import { build } from 'vite';
import { ROOT } from '../run.mjs';

/** The one script of a page, from its entry file. */
export async function bundlePage(input) {
  const { output } = await build({
    root: ROOT,
    configFile: false,
    logLevel: 'silent',
    mode: 'production',
    resolve: { conditions: ['@fleetdeck/source', 'module', 'browser', 'production'] },
    build: {
      write: false,
      target: 'es2023',
      modulePreload: false,
      rollupOptions: { input, output: { codeSplitting: false } },
    },
  });
  return output.find(({ isEntry }) => isEntry).code;
}
