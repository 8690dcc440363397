export {
  browserHost,
  type ContextHost,
  type ContextHostEvents,
  type ContextStorage,
} from './context/context-host.ts';
export { isContextId, MAX_CONTEXT_ID_LENGTH } from './context/context-record.ts';
export { ContextStore } from './context/context-store.ts';
export type {
  ContextChange,
  ContextElsewhere,
  ContextGuard,
  ContextOrigin,
  ContextSnapshot,
  ContextSource,
  ContextStoreOptions,
} from './context/context-types.ts';
export {
  HttpClient,
  type ChangeOptions,
  type HttpClientOptions,
  type QueryValue,
  type RequestOptions,
} from './http/http-client.ts';
export { FleetdeckHttpError, type FleetdeckHttpErrorDetails, type HttpErrorCode } from './http/http-error.ts';
export type { TopicReader } from './socket/polling-fallback.ts';
export type {
  ClientSocket,
  ConnectSocket,
  Refusal,
  SocketEvents,
  SocketTarget,
} from './socket/socket.port.ts';
export type { ConnectionSnapshot } from './socket/state-store.ts';
export type { TopicListener, TopicState } from './socket/topic-channel.ts';
export {
  WebSocketManager,
  type ManagerEvents,
  type TopicListenerOrHandler,
  type WebSocketManagerOptions,
} from './socket/web-socket-manager.ts';
