// A PostgreSQL of a test's own that can be stopped and started again while clients keep its address.
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SETTINGS = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

export async function ownPostgres() {
  const { startEmbeddedPostgres } = await import('../../backend/postgres/src/index.ts');
  const dataDir = await mkdtemp(join(tmpdir(), 'fleetdeck-own-'));
  await chmod(dataDir, 0o711);
  let server = await startEmbeddedPostgres({ dataDir, settings: SETTINGS });
  // A restarted server takes another port, so clients come through a door that stays.
  const door = createServer((client) => {
    if (!server) return client.destroy();
    const upstream = connect(server.port, '127.0.0.1');
    client.on('error', () => upstream.destroy()).on('close', () => upstream.destroy());
    upstream.on('error', () => client.destroy()).on('close', () => client.destroy());
    client.pipe(upstream).pipe(client);
  });
  await new Promise((resolve) => door.listen(0, '127.0.0.1', resolve));
  const url = new URL(server.url);
  url.port = String(door.address().port);
  return {
    url: url.href,
    async stop() {
      const running = server;
      server = null;
      await running?.stop();
    },
    async start() {
      server ??= await startEmbeddedPostgres({ dataDir, settings: SETTINGS });
    },
    async close() {
      door.close();
      const running = server;
      server = null;
      await running?.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
