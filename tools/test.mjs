// Runs every tier of the tests and closes with one line that sums them.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { BIN, nx, packageDirs, ROOT, run } from './run.mjs';
import { buildApp } from './build-app.mjs';
import {
  findBrowser,
  findHaproxy,
  findPrometheus,
  findRabbitmq,
  findRedis,
  missingRequirements,
} from './requirements.mjs';
import { checkWorkspace } from './check-workspace.mjs';

/** A spec that leaves something open keeps its process, and would keep this one. */
const UNIT_DEADLINE_MS = 20 * 60_000;
const BROWSER_DEADLINE_MS = 10 * 60_000;

const started = performance.now();
const tiers = [];
const leftOut = [];

function record(name, result) {
  tiers.push({ name, ...result });
}

async function timed(name, work) {
  const began = performance.now();
  process.stderr.write(`\n== ${name}\n`);
  const result = await work();
  record(name, { ...result, seconds: (performance.now() - began) / 1000 });
}

const missing = missingRequirements();
for (const name of missing)
  record(`required: ${name} is not on this machine`, { passed: 0, failed: 1, skipped: 0, seconds: 0 });

await timed('workspace rules', () => {
  const problems = checkWorkspace();
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  return { passed: problems.length === 0 ? 1 : 0, failed: problems.length, skipped: 0 };
});

await timed('types', async () => {
  const code = await nx(['run-many', '-t', 'typecheck', '--outputStyle=static']);
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 };
});

await timed('unit and medium', async () => {
  const results = packageDirs().map((dir) => join(ROOT, dir, 'coverage', 'results.json'));
  for (const file of results) rmSync(file, { force: true });
  const jest = ['--coverage', '--json', '--outputFile=coverage/results.json'];
  const code = await nx(
    ['run-many', '-t', 'test', '--parallel=2', '--outputStyle=static', '--skip-nx-cache', '--', ...jest],
    { deadlineMs: UNIT_DEADLINE_MS },
  );
  const sums = { passed: 0, failed: 0, skipped: 0 };
  for (const file of results.filter(existsSync)) {
    const result = JSON.parse(readFileSync(file, 'utf8'));
    sums.passed += result.numPassedTests;
    sums.failed += result.numFailedTests + result.numRuntimeErrorTestSuites;
    sums.skipped += result.numPendingTests + result.numTodoTests;
  }
  // A package whose coverage is too low, or that never wrote a result, fails without a failed test.
  if (code !== 0 && sums.failed === 0) sums.failed = 1;
  return sums;
});

if (findRedis() === null) {
  leftOut.push('many nodes over Redis: no redis-server (install redis-server)');
  record('many nodes over Redis', { passed: 0, failed: 0, skipped: 1, seconds: 0 });
}

if (findPrometheus() === null) {
  leftOut.push('a real Prometheus: no prometheus with its promtool (install prometheus)');
  record('a real Prometheus', { passed: 0, failed: 0, skipped: 1, seconds: 0 });
}

if (findRabbitmq() === null) {
  leftOut.push('a real RabbitMQ: no rabbitmq-server with its epmd (install rabbitmq-server)');
  record('a real RabbitMQ', { passed: 0, failed: 0, skipped: 1, seconds: 0 });
}

if (findHaproxy() === null) {
  leftOut.push('the configuration of the proxy: no haproxy (install haproxy)');
  record('the configuration of the proxy', { passed: 0, failed: 0, skipped: 1, seconds: 0 });
}

const browser = findBrowser();
if (browser === null) {
  leftOut.push('stories and end-to-end: no Chromium (install one, or set CHROMIUM_PATH)');
  record('stories and end-to-end', { passed: 0, failed: 0, skipped: 2, seconds: 0 });
} else {
  const env = { CHROMIUM_PATH: browser };
  await timed('stories', async () => {
    const built = await nx(['run', 'workspace:build-storybook', '--outputStyle=static']);
    return built === 0
      ? playwright('.storybook/playwright.config.ts', env)
      : { passed: 0, failed: 1, skipped: 0 };
  });
  await timed('end-to-end', async () => {
    return (await buildApp())
      ? playwright('frontend/dashboard/e2e/playwright.config.ts', env)
      : { passed: 0, failed: 1, skipped: 0 };
  });
}

async function playwright(config, env) {
  const results = join(ROOT, 'test-results', `${config.replaceAll(/[^a-z]+/g, '-')}.json`);
  rmSync(results, { force: true });
  const code = await run([BIN.playwright, 'test', '-c', config, '--reporter=line,json'], {
    env: { ...env, PLAYWRIGHT_JSON_OUTPUT_NAME: results, PLAYWRIGHT_FORCE_TTY: '0' },
    deadlineMs: BROWSER_DEADLINE_MS,
  });
  let stats = { expected: 0, unexpected: 0, flaky: 0, skipped: 0 };
  try {
    stats = JSON.parse(readFileSync(results, 'utf8')).stats;
  } catch {
    // It did not come as far as to write them.
  }
  const failed = stats.unexpected + stats.flaky;
  return { passed: stats.expected, failed: failed === 0 && code !== 0 ? 1 : failed, skipped: stats.skipped };
}

const sum = { passed: 0, failed: 0, skipped: 0 };
process.stdout.write('\n');
for (const tier of tiers) {
  for (const key of Object.keys(sum)) sum[key] += tier[key];
  process.stdout.write(
    `${tier.name}: ${tier.passed} passed, ${tier.failed} failed, ${tier.skipped} skipped (${tier.seconds.toFixed(0)} s)\n`,
  );
}
for (const line of leftOut) process.stdout.write(`left out: ${line}\n`);
process.stdout.write(`took ${((performance.now() - started) / 60_000).toFixed(1)} min\n`);
process.stdout.write(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped\n`);
process.exit(sum.failed === 0 && sum.passed > 0 ? 0 : 1);
