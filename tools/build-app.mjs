import { BIN, nx, run } from './run.mjs';

/**
 * Builds the service and the dashboard where they are stale. One compiler for all of the service's packages at once
 * takes less than half of the time that one for each takes, and knows by itself what is stale.
 */
export async function buildApp() {
  const codes = await Promise.all([
    run([BIN.tsc, '-b', 'backend/service/tsconfig.build.json']),
    nx(['run', '@fleetdeck/dashboard:build', '--outputStyle=static']),
  ]);
  return codes.every((code) => code === 0);
}
