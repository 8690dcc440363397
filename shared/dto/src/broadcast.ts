import type { FleetdeckErrorCode } from './error-codes.ts';
import type { Position } from './position.ts';

/** Path at which the socket is served, below the service's base path. */
export const SOCKET_PATH = '/ws/platform';

/** The state of the connection, as the page shows it. */
export type ConnectionState = 'connecting' | 'live' | 'recovering' | 'polling' | 'offline' | 'denied';

/** A message of a topic, as it travels. */
export interface TopicMessage<T = unknown> {
  topic: string;
  epoch: string;
  /** `null` for messages to single clients: they stand outside the log. */
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
  /** The last position that it applied; left out by a client that holds nothing. */
  position?: Position;
}

/** Why a topic starts over instead of going on. */
export type ResetReason = 'epoch' | 'expired' | 'ahead' | 'slow';

/** The answer to a subscription. Exactly what was missed, or a whole new start: never a part. */
export type SubscribeReply =
  | {
      ok: true;
      topic: string;
      /** Where the topic stands after `messages`. */
      position: Position;
      /** Whether `messages` continue from the position that was given. */
      recovered: boolean;
      /** Why it did not; absent when no position was given, or it did. */
      reset?: ResetReason;
      /** Missed messages; or, after a fresh start of a `latest` topic, its current values. */
      messages: TopicMessage[];
    }
  | { ok: false; topic: string; error: BroadcastError };

/** A refusal on the socket. */
export interface BroadcastError {
  code: FleetdeckErrorCode;
  message: string;
  retryable: boolean;
  retryAfterMs?: number;
}

/** Events of the socket by name. Clients do not publish: actions are HTTP. */
export interface ServerToClientEvents {
  message: (message: TopicMessage) => void;
  /** Who was recognised, and how often the server's heartbeat comes. */
  welcome: (welcome: Welcome) => void;
  /**
   * Why the server closes the connection right after this. With `retryable: false` do not come back as you are;
   * otherwise come back after `retryAfterMs`.
   */
  close: (reason: BroadcastError) => void;
}

/** What the server tells a client that it accepted. */
export interface Welcome {
  clientId: string;
  serverTime: string;
  heartbeatIntervalMs: number;
  heartbeatTimeoutMs: number;
}

/** What clients may send. */
export interface ClientToServerEvents {
  subscribe: (request: SubscribeRequest, reply: (answer: SubscribeReply) => void) => void;
  unsubscribe: (request: { topic: string }, reply: (answer: { ok: true }) => void) => void;
}
