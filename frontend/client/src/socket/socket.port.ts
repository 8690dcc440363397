import type { BroadcastError, SubscribeReply, SubscribeRequest, TopicMessage, Welcome } from '@fleetdeck/dto';

/** What a socket tells. After `refused` or `lost` it tells nothing more. */
export interface SocketEvents {
  welcome(welcome: Welcome): void;
  message(message: TopicMessage): void;
  /** The service says why it is about to close the connection. */
  closing(reason: BroadcastError): void;
  /** The connection was not made; `error` is what the service said, `null` when it said nothing. */
  refused(error: BroadcastError | null, detail: string): void;
  /** The connection is gone. */
  lost(detail: string): void;
  /** A sign of life that is none of the above. */
  alive(): void;
}

/** One attempt to be connected, and the connection that comes of it. It never comes back by itself. */
export interface ClientSocket {
  /** `answer` gets `null` when none came in time. It is called before any later message is told. */
  subscribe(request: SubscribeRequest, answer: (reply: SubscribeReply | null) => void): void;
  unsubscribe(topic: string): void;
  /** Ends it without a word to its listener. */
  close(): void;
}

/** Where and as whom to connect. */
export interface SocketTarget {
  /** Origin of the service; the page's own when `undefined`. */
  origin: string | undefined;
  path: string;
  /** A bearer token, `null` when a cookie signs the caller in. */
  token: string | null;
}

/** Makes a socket. The one of `socket.io-client` is used unless a test gives another. */
export type ConnectSocket = (target: SocketTarget, events: SocketEvents) => ClientSocket;
