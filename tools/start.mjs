// Builds what is stale, then runs the reference service with the dashboard in this process.
import { buildApp } from './build-app.mjs';
import { ROOT } from './run.mjs';

if (!(await buildApp())) {
  process.stderr.write('The build failed; the lines above say where.\n');
  process.exit(1);
}
await import(`${ROOT}/backend/service/dist/main.js`);
