import { createContext, useContext } from 'react';
import type { Position } from '@fleetdeck/dto';
import type { ConnectionSnapshot, ContextStore, QueryValue, TopicListener } from '@fleetdeck/client';

/** What the hooks need of a `WebSocketManager` of `@fleetdeck/client`. */
export interface LiveSocket {
  getSnapshot: () => ConnectionSnapshot;
  subscribeState: (listener: () => void) => () => void;
  // A method, so that a manager that knows its topics by name is one as well.
  subscribe(topic: string, listener: TopicListener): () => void;
  retryNow(): void;
  /** The last position of a topic that was applied; `undefined` when nobody listens to it or nothing was. */
  position(topic: string): Position | undefined;
}

/** What the hooks need of an `HttpClient` of `@fleetdeck/client`. Paths are below its base, `/api/v1`. */
export interface HttpReader {
  get: <T>(
    path: string,
    options?: { query?: Readonly<Record<string, QueryValue>>; signal?: AbortSignal },
  ) => Promise<T>;
}

/** What `useContextSelector` needs of a `ContextStore` of `@fleetdeck/client`. */
export type ContextSource = Pick<
  ContextStore,
  | 'getSnapshot'
  | 'subscribe'
  | 'set'
  | 'clear'
  | 'pin'
  | 'unpin'
  | 'toggleFavourite'
  | 'dismissElsewhere'
  | 'signal'
>;

/** Where the hooks read from. */
export interface Services {
  socket: LiveSocket | null;
  http: HttpReader | null;
  context: ContextSource | null;
}

/** Carries the socket and the HTTP client to the hooks. */
export const ServicesContext = createContext<Services>({
  socket: null,
  http: null,
  context: null,
});

/** The socket that is given, or else the provider's. @throws Error when there is neither */
export function useSocket(hook: string, given?: LiveSocket): LiveSocket {
  const provided = useContext(ServicesContext).socket;
  const socket = given ?? provided;
  if (socket === null) {
    throw new Error(`${hook} needs a socket: give one to <FleetdeckProvider socket>.`);
  }
  return socket;
}

/** The HTTP client of the provider. @throws Error when there is none */
export function useHttp(hook: string): HttpReader {
  const { http } = useContext(ServicesContext);
  if (http === null) {
    throw new Error(
      `${hook} needs an HTTP client: render it inside <FleetdeckProvider http={new HttpClient({ baseUrl: '/api/v1' })}>.`,
    );
  }
  return http;
}
