import { io, type Socket } from 'socket.io-client';
import type { ClientToServerEvents, CloseNotice, ServerToClientEvents } from '@fleetdeck/dto';
import type { ClientSocket, Refusal, SocketEvents, SocketTarget } from './socket.port.ts';

/** How long the connection, and each answer, may take. */
const DEADLINE_MS = 10_000;

/** What is handed on as it is told. */
const TOLD = ['welcome', 'message', 'reset', 'revoked', 'token'] as const;

/** Connects with socket.io-client, which neither tries again nor falls back to long polling: the manager decides. */
export function connectSocketIo({ origin, path, token }: SocketTarget, events: SocketEvents): ClientSocket {
  const socket: Socket<ServerToClientEvents, ClientToServerEvents> = io(origin ?? window.location.origin, {
    path,
    transports: ['websocket'],
    reconnection: false,
    forceNew: true,
    timeout: DEADLINE_MS,
    auth: token === null ? {} : { token },
  });
  for (const name of TOLD) socket.on(name, events[name]);
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
    auth(fresh, answer) {
      socket.timeout(DEADLINE_MS).emit('auth', { token: fresh }, (late, reply) => {
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
