import { useContext, useSyncExternalStore } from 'react';
import { EnvironmentContext } from '../environment.ts';

const onServer = (): number => 0;

/**
 * The page's time in ms since 1970, the service's where a socket is connected. It renders once a second, together
 * with everything else that shows an age, and rests while the page is hidden. 0 on a server.
 */
export function usePageClock(): number {
  const { clock } = useContext(EnvironmentContext);
  return useSyncExternalStore(clock.subscribe, clock.getSnapshot, onServer);
}
