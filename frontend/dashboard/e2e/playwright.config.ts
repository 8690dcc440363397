import { defineConfig } from '@playwright/test';
import { findBrowser } from '../../../tools/requirements.mjs';
import { BROWSER_ARGS } from '../../../tools/browser.mjs';

export default defineConfig({
  testDir: '.',
  outputDir: '../../../test-results/e2e',
  workers: 1,
  forbidOnly: true,
  retries: 0,
  timeout: 90_000,
  expect: { timeout: 15_000 },
  use: {
    launchOptions: { executablePath: findBrowser() ?? undefined, args: BROWSER_ARGS },
    timezoneId: 'UTC',
    viewport: { width: 1280, height: 900 },
    screenshot: 'only-on-failure',
  },
});
