import { useEffect } from 'react';
import type { WebSocketManager } from '@fleetdeck/client';

/** Calls back when the service refuses the socket for want of a session: signed out elsewhere, or expired. */
export function useDenied(socket: WebSocketManager, onDenied: () => void): void {
  useEffect(
    () =>
      socket.subscribeState(() => {
        const { state, code } = socket.getSnapshot();
        if (state === 'denied' && (code === 'SESSION_EXPIRED' || code === 'UNAUTHENTICATED')) onDenied();
      }),
    [socket, onDenied],
  );
}
