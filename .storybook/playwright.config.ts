import { defineConfig } from '@playwright/test';
import { BROWSER_ARGS } from '../tools/browser.mjs';
import { findBrowser } from '../tools/requirements.mjs';

/** Every story of the built catalog in a real browser: `npm run build-storybook` comes first. */
export default defineConfig({
  testDir: './test',
  outputDir: '../test-results/stories',
  fullyParallel: true,
  workers: 2,
  retries: 0,
  forbidOnly: true,
  timeout: 30_000,
  reporter: [['line']],
  expect: {
    toMatchAriaSnapshot: { pathTemplate: '{testDir}/trees/{arg}{ext}', children: 'deep-equal' },
  },
  use: {
    viewport: { width: 1280, height: 800 },
    timezoneId: 'UTC',
    locale: 'en-US',
    colorScheme: 'light',
    launchOptions: {
      executablePath: findBrowser() ?? undefined,
      args: BROWSER_ARGS,
    },
  },
});
