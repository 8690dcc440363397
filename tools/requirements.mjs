// What some tests need of the machine. Missing ones are named in the summary; FLEETDECK_REQUIRE makes them failures.
import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const CHROMIUM_NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const CHROMIUM_PATHS = ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'];

/** Path of a browser to test with, or null. */
export function findBrowser() {
  const named = process.env.CHROMIUM_PATH;
  if (named) return isExecutable(named) ? named : null;
  return CHROMIUM_NAMES.map(onPath).find(Boolean) ?? CHROMIUM_PATHS.find(isExecutable) ?? null;
}

/** Path of a Redis to test with, or null. */
export function findRedis() {
  return onPath('redis-server');
}

/** Path of a RabbitMQ to test with, or null; epmd comes with it. */
export function findRabbitmq() {
  return onPath('epmd') === null ? null : onPath('rabbitmq-server');
}

/** Path of a Prometheus to test with, or null; promtool comes with it. */
export function findPrometheus() {
  return onPath('promtool') === null ? null : onPath('prometheus');
}

/** Path of an HAProxy to check its configuration with, or null. */
export function findHaproxy() {
  return onPath('haproxy');
}

const PRESENT = {
  browser: () => findBrowser() !== null,
  docker: () => succeeds('docker', ['info']),
  redis: () => findRedis() !== null,
  prometheus: () => findPrometheus() !== null,
  rabbitmq: () => findRabbitmq() !== null,
  haproxy: () => findHaproxy() !== null,
};

/** Names in FLEETDECK_REQUIRE that the machine does not have. */
export function missingRequirements() {
  const wanted = (process.env.FLEETDECK_REQUIRE ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
  for (const name of wanted) {
    if (!Object.hasOwn(PRESENT, name)) {
      throw new Error(
        `FLEETDECK_REQUIRE holds "${name}"; expected any of ${Object.keys(PRESENT).join(', ')}.`,
      );
    }
  }
  return wanted.filter((name) => !PRESENT[name]());
}

function onPath(name) {
  const dirs = (process.env.PATH ?? '').split(delimiter);
  return dirs.map((dir) => join(dir, name)).find(isExecutable) ?? null;
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function succeeds(command, args) {
  try {
    execFileSync(command, args, { stdio: 'ignore', timeout: 10_000 });
    return true;
  } catch {
    return false;
  }
}
