import type { ResetReason } from '@fleetdeck/dto';

/** What has happened since the start. */
export interface BroadcastCounters {
  published: number;
  /** Messages handed to sockets, one for each receiver. */
  deliveries: number;
  /** Messages that were not kept because too many topics are in use. */
  dropped: number;
  /** Deliveries spared because a later value of the same key took their place within a window. */
  conflated: number;
  /** Deliveries not made to clients that do not keep up; they catch up, start over or come back. */
  slowSkipped: number;
  slowDisconnects: number;
  /** Clients cut because they gave no sign of life. */
  heartbeatsMissed: number;
  /** Returns that got exactly what they missed. */
  recovered: number;
  /** Starts over, by why. */
  reset: Record<ResetReason, number>;
  /** Verbs refused by the rate limit. */
  rateLimited: number;
  /** Connections refused. */
  refused: number;
  /** Messages dropped because too many waited for Redis; their topics start over. */
  unsent: number;
  /** Topics read again because what came of them from Redis had a hole. */
  holes: number;
  /** Messages on our Redis channels that are not ours. */
  junk: number;
  /** How often this node had to go on without the others. */
  apart: number;
}

/** All of them at nought. */
export function noCounts(): BroadcastCounters {
  return {
    published: 0,
    deliveries: 0,
    dropped: 0,
    conflated: 0,
    slowSkipped: 0,
    slowDisconnects: 0,
    heartbeatsMissed: 0,
    recovered: 0,
    reset: { epoch: 0, expired: 0, ahead: 0, slow: 0, started: 0 },
    rateLimited: 0,
    refused: 0,
    unsent: 0,
    holes: 0,
    junk: 0,
    apart: 0,
  };
}
