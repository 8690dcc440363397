import type { Position } from './position.ts';

/** Path at which the socket is served, below the service's base path. */
export const SOCKET_PATH = '/ws/platform';

/** The state of the connection, as the page shows it. */
export type ConnectionState = 'connecting' | 'live' | 'recovering' | 'polling' | 'offline' | 'denied';

/** A message of a topic, as it travels. */
export interface TopicMessage<T = unknown> {
  topic: string;
  epoch: string;
  /** `null` for messages to single clients: they stand outside the log and arrive at most once. */
  offset: number | null;
  /** When the service sent it, ISO 8601 UTC. */
  at: string;
  /** Which value of a `latest` topic this is; absent for a `log` topic or one with a single value. */
  key?: string;
  data: T;
}

/** What a client asks when it subscribes, or comes back. */
export interface SubscribeRequest {
  topic: string;
  /** Epoch and offset of the last message that it applied; both left out by a client that holds nothing. */
  epoch?: string;
  offset?: number;
}

/**
 * Why a topic starts over instead of going on: another run of its log, the position is older than what is kept, the
 * position lies ahead of the log, the client read too slowly, the service subscribed the client by itself.
 */
export type ResetReason = 'epoch' | 'expired' | 'ahead' | 'slow' | 'started';

/**
 * The state that a topic starts from: the current values of a `latest` topic as messages, or whatever the policy's
 * snapshot source gave for a `log` topic. It was read after the position that it comes with was captured.
 */
export interface TopicSnapshot<T = unknown> {
  /** Current values of a `latest` topic, oldest first. */
  messages?: TopicMessage<T>[];
  /** What the snapshot source of the topic's policy answered. */
  state?: unknown;
}

/** Where a topic stands for a client that has just subscribed. */
export interface Subscribed extends Position {
  ok: true;
  /**
   * `true`: the messages that were missed follow as `message` events, up to `offset`, exactly and in order.
   * `false`: nothing follows of what was before `offset`; start from `snapshot`. Messages after `offset` follow: there
   * may be some at once, published while the snapshot was read.
   */
  recovered: boolean;
  /** Why a position that was given could not be continued from. */
  reason?: ResetReason;
  snapshot?: TopicSnapshot;
}

/** A refusal: on the socket in a reply or as the `data` of `connect_error`, before a close in `close`. */
export interface BroadcastRefusal {
  ok: false;
  /** One of `BROADCAST_CODES`, by number. */
  code: number;
  /** What happened and what to do, one sentence. */
  message: string;
  /** Wait at least this long before asking again; `null` when asking again as you are is of no use. */
  retryAfterMs: number | null;
}

/** The answer to a subscription. */
export type SubscribeReply = Subscribed | BroadcastRefusal;

/**
 * The answer of `GET /api/v1/topics/:topic`: the same, with the messages in it that a socket gets after its answer. Go on
 * from the offset of the last one, or from `offset` when there is none.
 */
export type TopicAnswer = Subscribed & { topic: string; messages: TopicMessage[] };

/** A topic starts over while connected: everything known from it is void, go on from `snapshot` at `offset`. */
export interface TopicReset extends Position {
  topic: string;
  reason: ResetReason;
  snapshot?: TopicSnapshot;
}

/**
 * A topic was taken from a client that stays connected: a token renewed with less rights, or access that was revoked.
 * Nothing more comes of it; subscribe again once the reason is gone.
 */
export interface TopicRevoked {
  topic: string;
  /** One of `BROADCAST_CODES`, by number. */
  code: number;
  /** What happened and what to do, one sentence. */
  message: string;
  /** Subscribe again after this; `null`: not as you are. */
  retryAfterMs: number | null;
}

/** Why the server closes the connection right after this, with the number `code`. */
export interface CloseNotice {
  /** One of `BROADCAST_CODES`, by number. */
  code: number;
  /** What happened and what to do, one sentence. */
  reason: string;
  /** Come back after this; `null`: do not come back as you are. */
  retryAfterMs: number | null;
}

/** What the server tells a client that it accepted. */
export interface Welcome {
  clientId: string;
  serverTime: string;
  heartbeatIntervalMs: number;
  heartbeatTimeoutMs: number;
}

/** Events of the socket by name. Clients do not publish: actions are HTTP. */
export interface ServerToClientEvents {
  message: (message: TopicMessage) => void;
  reset: (reset: TopicReset) => void;
  revoked: (notice: TopicRevoked) => void;
  /** Who was recognised, and how often the server's heartbeat comes. */
  welcome: (welcome: Welcome) => void;
  /** The token ends soon: send another with `auth`. ISO 8601 UTC. */
  token: (notice: { expiresAt: string }) => void;
  close: (notice: CloseNotice) => void;
}

/** What clients may send. */
export interface ClientToServerEvents {
  subscribe: (request: SubscribeRequest, reply: (answer: SubscribeReply) => void) => void;
  unsubscribe: (request: { topic: string }, reply: (answer: { ok: true } | BroadcastRefusal) => void) => void;
  /** Renews the principal on the open socket; topics that it may not have any more are taken away. */
  auth: (
    request: { token: string },
    reply: (answer: { ok: true; expiresAt: string | null } | BroadcastRefusal) => void,
  ) => void;
}
