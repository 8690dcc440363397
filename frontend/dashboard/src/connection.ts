import { HttpClient, WebSocketManager } from '@fleetdeck/client';
import { SOCKET_PATH } from '@fleetdeck/dto';

/** The page's way to its service: one socket, one HTTP client. */
export interface Connection {
  basePath: string;
  socket: WebSocketManager;
  http: HttpClient;
}

/** Connects to the service that served the page. */
export function createConnection(basePath: string): Connection {
  const http = new HttpClient({ baseUrl: `${basePath}/api/v1` });
  return { basePath, http, socket: new WebSocketManager(basePath + SOCKET_PATH, { http }) };
}
