// Builds what is stale, then runs the reference service with the dashboard in this process.
import { nx, ROOT } from './run.mjs';

const code = await nx([
  'run-many',
  '-t',
  'build',
  '-p',
  '@fleetdeck/service',
  '@fleetdeck/dashboard',
  '--outputStyle=static',
]);
if (code !== 0) {
  process.stderr.write('The build failed; the lines above say where.\n');
  process.exit(code);
}
await import(`${ROOT}/backend/service/dist/main.js`);
