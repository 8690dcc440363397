// The service on watch and the dashboard with hot reload, under one address.
import { spawn } from 'node:child_process';
import { createServer as createNetServer } from 'node:net';
import { createServer } from 'vite';
import { ROOT } from './run.mjs';

const port = Number(process.env.PORT ?? 3000);
const servicePort = await freePort();

const vite = await createServer({
  root: `${ROOT}/frontend/dashboard`,
  configFile: `${ROOT}/frontend/dashboard/vite.config.ts`,
  server: {
    host: '127.0.0.1',
    port,
    strictPort: true,
    proxy: Object.fromEntries(
      ['/api', '/health', '/sign-in/link', '/ws'].map((path) => [
        path,
        { target: `http://127.0.0.1:${servicePort}`, ws: path === '/ws' },
      ]),
    ),
  },
});
await vite.listen();
process.stdout.write(`dashboard with hot reload: http://127.0.0.1:${port}\n`);

const service = spawn(
  process.execPath,
  ['--watch', '--watch-preserve-output', '--import', './tools/ts-loader.mjs', 'backend/service/src/main.ts'],
  {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, PORT: String(servicePort), FLEETDECK_PUBLIC_URL: `http://127.0.0.1:${port}` },
  },
);
service.once('exit', (code) => {
  void vite.close().finally(() => process.exit(code ?? 1));
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => service.kill(signal));

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createNetServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port: free } = server.address();
      server.close(() => resolve(free));
    });
  });
}
