import { io, type Socket } from 'socket.io-client';
import {
  isFleetdeckErrorCode,
  type BroadcastError,
  type ClientToServerEvents,
  type ServerToClientEvents,
} from '@fleetdeck/dto';
import type { ClientSocket, SocketEvents, SocketTarget } from './socket.port.ts';

/** How long the connection, and each answer, may take. */
const DEADLINE_MS = 10_000;

/** Connects with socket.io-client, which neither tries again nor falls back to long polling: the manager decides. */
export function connectSocketIo(target: SocketTarget, events: SocketEvents): ClientSocket {
  const socket: Socket<ServerToClientEvents, ClientToServerEvents> = io(
    target.origin ?? window.location.origin,
    {
      path: target.path,
      transports: ['websocket'],
      reconnection: false,
      forceNew: true,
      timeout: DEADLINE_MS,
      auth: target.token === null ? {} : { token: target.token },
    },
  );
  socket.on('welcome', (welcome) => events.welcome(welcome));
  socket.on('message', (message) => events.message(message));
  socket.on('close', (reason: unknown) => {
    if (isBroadcastError(reason)) events.closing(reason);
  });
  socket.on('connect_error', (error) => {
    const { data } = error as { data?: unknown };
    events.refused(isBroadcastError(data) ? data : null, error.message);
  });
  socket.on('disconnect', (reason) => events.lost(reason));
  let closed = false;
  const onPing = () => events.alive();
  socket.io.on('ping', onPing);
  return {
    subscribe(request, answer) {
      socket.timeout(DEADLINE_MS).emit('subscribe', request, (late, reply) => {
        // Closing fails what was asked.
        if (!closed) answer(late ? null : reply);
      });
    },
    unsubscribe(topic) {
      socket.emit('unsubscribe', { topic }, () => undefined);
    },
    close() {
      closed = true;
      socket.off();
      socket.io.off('ping', onPing);
      socket.disconnect();
    },
  };
}

function isBroadcastError(value: unknown): value is BroadcastError {
  return (
    typeof value === 'object' &&
    value !== null &&
    isFleetdeckErrorCode((value as Partial<BroadcastError>).code) &&
    typeof (value as Partial<BroadcastError>).message === 'string'
  );
}
