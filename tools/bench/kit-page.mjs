// A page in a real browser that a bench drives: React with the kit from source, and the peers beside it.
import { join } from 'node:path';
import { chromium } from '@playwright/test';
import { build } from 'vite';
import { BROWSER_ARGS } from '../browser.mjs';
import { findBrowser } from '../requirements.mjs';
import { ROOT } from '../run.mjs';
import { Unmeasurable } from './results.mjs';

/** Builds `tools/bench/pages/<name>.jsx` for production and opens it; `close` ends the browser. */
export async function openPage(name) {
  const executablePath = findBrowser();
  if (executablePath === null) throw new Unmeasurable('no Chromium (install one, or set CHROMIUM_PATH)');
  const { output } = await build({
    root: join(ROOT, 'frontend/react'),
    configFile: false,
    logLevel: 'silent',
    define: { 'process.env.NODE_ENV': '"production"' },
    resolve: { conditions: ['@fleetdeck/source', 'module', 'browser', 'production'] },
    build: {
      write: false,
      modulePreload: false,
      rollupOptions: { input: join(ROOT, 'tools/bench/pages', `${name}.jsx`) },
    },
  });
  const files = new Map(output.map(({ fileName, code, source }) => [`/${fileName}`, code ?? source]));
  const entry = output.find(({ isEntry }) => isEntry).fileName;
  const css = output.filter(({ fileName }) => fileName.endsWith('.css')).map(({ fileName }) => fileName);
  const html = `<!doctype html><meta charset="utf-8">${css.map((file) => `<link rel="stylesheet" href="/${file}">`).join('')}<div id="root"></div><script type="module" src="/${entry}"></script>`;

  const browser = await chromium.launch({ executablePath, args: BROWSER_ARGS });
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await page.route('http://bench.local/**', (route) => {
    const { pathname } = new URL(route.request().url());
    const type = pathname.endsWith('.js')
      ? 'text/javascript'
      : pathname.endsWith('.css')
        ? 'text/css'
        : 'text/html';
    return route.fulfill({ contentType: type, body: pathname === '/' ? html : (files.get(pathname) ?? '') });
  });
  await page.goto('http://bench.local/');
  await page.waitForFunction(() => window.bench !== undefined);
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
  return {
    page,
    /** Time of the page's main thread so far, in ms. */
    cpu: async () => {
      const { metrics } = await devtools.send('Performance.getMetrics');
      return metrics.find((metric) => metric.name === 'TaskDuration').value * 1000;
    },
    /** So that no one pays for what another one left. */
    collectGarbage: () => devtools.send('HeapProfiler.collectGarbage'),
    close: () => browser.close(),
  };
}
