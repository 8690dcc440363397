import { io, type Socket } from 'socket.io-client';
import type { ClientToServerEvents, CloseNotice, ServerToClientEvents } from '@fleetdeck/dto';
import type { ClientSocket, Refusal, SocketEvents, SocketTarget } from './socket.port.ts';

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
  socket.on('welcome', events.welcome);
  socket.on('message', events.message);
  socket.on('reset', events.reset);
  socket.on('revoked', events.revoked);
  socket.on('token', events.token);
  socket.on('close', (notice: unknown) => {
    if (hasCode<CloseNotice>(notice)) events.closing(notice);
  });
  socket.on('connect_error', (error) => {
    const { data } = error as { data?: unknown };
    events.refused(
      hasCode<Refusal>(data) ? { ...data, message: data.message ?? error.message } : null,
      error.message,
    );
  });
  socket.on('disconnect', events.lost);
  let closed = false;
  socket.io.on('ping', events.alive);
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
    auth(token, answer) {
      socket.timeout(DEADLINE_MS).emit('auth', { token }, (late, reply) => {
        if (!closed) answer(late || reply.ok ? null : reply);
      });
    },
    close() {
      closed = true;
      socket.off();
      socket.io.off('ping', events.alive);
      socket.disconnect();
    },
  };
}

/** Numbers that this version does not know are as good as others: `retryAfterMs` says what to do. */
function hasCode<T extends { code: number }>(value: unknown): value is T {
  return typeof value === 'object' && value !== null && typeof (value as T).code === 'number';
}
