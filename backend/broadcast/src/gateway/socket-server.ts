import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server as HttpServer } from 'node:http';
import { Server } from 'socket.io';
import type { ResolvedBroadcastOptions } from '../broadcast.options.ts';
import type { EngineConnection } from '../wire/internals.ts';
import { GOODBYE_MS } from '../limits/cut-after.ts';
import { shareSnapshots } from '../wire/shared-snapshots.ts';
import { AUTH_DEADLINE_MS } from './handshake.ts';
import type { BroadcastServer } from './socket.types.ts';

/** The largest frame that is read at all; a client that sends more is closed with 1009 by the WebSocket itself. */
const MAX_FRAME_BYTES = 262_144;

/** Makes a socket.io server that does no more for each connection than topics need. */
export function makeServer(http: HttpServer, options: ResolvedBroadcastOptions): BroadcastServer {
  const server: BroadcastServer = new Server(http, {
    path: options.path,
    // The door has matched the path already, with or without a slash at its end.
    addTrailingSlash: false,
    transports: ['websocket'],
    allowUpgrades: false,
    serveClient: false,
    perMessageDeflate: false,
    httpCompression: false,
    maxHttpBufferSize: MAX_FRAME_BYTES,
    pingInterval: options.heartbeatIntervalMs,
    // Later than the heartbeat watch, which says why: the engine closes without a number.
    pingTimeout: options.heartbeatTimeoutMs + 2 * GOODBYE_MS,
    // The guard of each connection is earlier, and says why.
    connectTimeout: 3 * AUTH_DEADLINE_MS,
  });
  shareSnapshots(server);
  // As random as its own, for a tenth of the time.
  server.engine.generateId = () => randomUUID();
  // Nobody is in a room: topics know their members themselves.
  server.of('/').adapter.addAll = () => undefined;
  // The answer to the upgrade and the engine's first packet go out in one write.
  server.engine.on('headers', (_headers: unknown, { socket }: IncomingMessage) => socket.cork());
  server.engine.on('connection', ({ request }: EngineConnection) => request.socket.uncork());
  return server;
}
