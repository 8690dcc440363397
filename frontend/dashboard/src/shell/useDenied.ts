import { useEffect } from 'react';
import type { WebSocketManager } from '@fleetdeck/client';
import { BROADCAST_CODES } from '@fleetdeck/dto';

const { SESSION_EXPIRED, UNAUTHENTICATED } = BROADCAST_CODES;

/** Calls back when the service refuses the socket for want of a session: signed out elsewhere, or expired. */
export function useDenied(socket: WebSocketManager, onDenied: () => void): void {
  useEffect(
    () =>
      socket.subscribeState(() => {
        const { state, code } = socket.getSnapshot();
        if (state === 'denied' && (code === SESSION_EXPIRED.number || code === UNAUTHENTICATED.number))
          onDenied();
      }),
    [socket, onDenied],
  );
}
