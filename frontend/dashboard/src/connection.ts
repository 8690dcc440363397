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
  return {
    basePath,
    socket: new WebSocketManager({ path: basePath + SOCKET_PATH }),
    http: new HttpClient({ baseUrl: `${basePath}/api/v1` }),
  };
}
