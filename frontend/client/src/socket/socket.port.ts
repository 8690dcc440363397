import type {
  BroadcastRefusal,
  CloseNotice,
  SubscribeReply,
  SubscribeRequest,
  TopicMessage,
  TopicRevoked,
  TopicReset,
  Welcome,
} from '@fleetdeck/dto';

/** A refusal as it may come from the wire: what a later version leaves out is not taken for granted. */
export type Refusal = Pick<BroadcastRefusal, 'code' | 'message'> & { retryAfterMs?: number | null };

/** What a socket tells. After `refused` or `lost` it tells nothing more. */
export interface SocketEvents {
  welcome: (welcome: Welcome) => void;
  message: (message: TopicMessage) => void;
  /** A topic starts over. */
  reset: (reset: TopicReset) => void;
  /** A topic is taken away. */
  revoked: (notice: TopicRevoked) => void;
  /** The token ends soon. */
  token: () => void;
  /** The service says why it is about to close the connection. */
  closing: (notice: CloseNotice) => void;
  /** The connection was not made; `error` is what the service said, `null` when it said nothing. */
  refused: (error: Refusal | null, detail: string) => void;
  /** The connection is gone. */
  lost: (detail: string) => void;
  /** A sign of life that is none of the above. */
  alive: () => void;
}

/** One attempt to be connected, and the connection that comes of it. It never comes back by itself. */
export interface ClientSocket {
  /** `answer` gets `null` when none came in time. It is called before any later message is told. */
  subscribe(request: SubscribeRequest, answer: (reply: SubscribeReply | null) => void): void;
  unsubscribe(topic: string): void;
  /** Renews the caller; `answer` gets the refusal, `null` when it was accepted or no answer came in time. */
  auth(token: string, answer: (refusal: Refusal | null) => void): void;
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
