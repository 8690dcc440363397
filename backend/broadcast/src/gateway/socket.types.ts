import type { DefaultEventsMap, Server, Socket } from 'socket.io';
import type { ClientToServerEvents, ServerToClientEvents } from '@fleetdeck/dto';
import type { Principal } from '@fleetdeck/kernel';

/** What is kept on each socket. */
export interface SocketData {
  principal?: Principal;
}

/** The socket.io server with the events of the wire contract. */
export type BroadcastServer = Server<
  ClientToServerEvents,
  ServerToClientEvents,
  DefaultEventsMap,
  SocketData
>;

/** One client's socket. */
export type BroadcastSocket = Socket<
  ClientToServerEvents,
  ServerToClientEvents,
  DefaultEventsMap,
  SocketData
>;
