import { isTopicName, type Position } from '@fleetdeck/dto';
import { isoTime, type Clock } from '@fleetdeck/kernel';
import type { NumberedMessage, TopicState } from './redis-messages.ts';
import type { Replica } from './remote-topic.ts';
import type { SharedTopic } from './shared-log.ts';

/** Calls that every node must hear, those that were apart when it was made too. No topic can have this name. */
export const CALLS: SharedTopic = {
  name: '$calls',
  mode: 'log',
  history: { count: 1000, bytes: 1_048_576, ageMs: 600_000 },
  maxKeys: 1,
};

/** What is asked of every node. */
export type NodeCall =
  | { call: 'revoke'; subject: string; topicPattern?: string }
  | { call: 'disconnect'; clientId: string }
  | { call: 'endSession'; session: string };

/** A message outside the log for clients of other nodes. */
export interface DirectMessage {
  topic: string;
  at: string;
  key?: string;
  json: string;
  /** Receivers by `clientId`, or all of one principal. */
  clientIds?: readonly string[];
  subject?: string;
}

/** What other nodes ask of this one. */
export interface NodeCallHandler {
  handle(call: NodeCall): void;
  deliver(message: DirectMessage): void;
}

/** Hands calls to this node's clients as they come from the log that all nodes share. */
export class CallsReplica implements Replica {
  position: Position;

  constructor(
    newEpoch: () => string,
    private readonly handle: (call: NodeCall, id: string) => void,
  ) {
    this.position = { epoch: newEpoch(), offset: 0 };
  }

  take({ offset, id, json }: NumberedMessage): void {
    this.position = { ...this.position, offset };
    const call = readCall(json);
    if (call) this.handle(call, id);
  }

  startOver({ epoch, offset, messages }: TopicState, isNews: boolean): void {
    this.position = { epoch, offset: offset - messages.length };
    if (isNews) for (const message of messages) this.take(message);
    this.position = { epoch, offset };
  }
}

/** A call as it is appended. */
export function callMessage(call: NodeCall, clock: Clock): { at: string; json: string } {
  return { at: isoTime(clock.now()), json: JSON.stringify(call) };
}

/** Reads a call; `null` when it is none. */
export function readCall(json: string): NodeCall | null {
  const value = parsed(json);
  if (!value) return null;
  const { call, subject, topicPattern, clientId, session } = value;
  if (call === 'endSession') return typeof session === 'string' ? { call, session } : null;
  if (call === 'disconnect') return typeof clientId === 'string' ? { call, clientId } : null;
  if (call !== 'revoke' || typeof subject !== 'string') return null;
  if (topicPattern === undefined) return { call, subject };
  return typeof topicPattern === 'string' ? { call, subject, topicPattern } : null;
}

/** Reads a message outside the log; `null` when it is none. */
export function readDirect(payload: string): DirectMessage | null {
  const value = parsed(payload);
  if (!value) return null;
  const { topic, at, key, json, clientIds, subject } = value;
  if (!isTopicName(topic) || typeof at !== 'string' || Number.isNaN(Date.parse(at))) return null;
  if (typeof json !== 'string' || parsedAny(json) === undefined) return null;
  const message = { topic, at: isoTime(Date.parse(at)), json, ...(typeof key === 'string' ? { key } : {}) };
  if (typeof subject === 'string') return { ...message, subject };
  if (!Array.isArray(clientIds)) return null;
  return { ...message, clientIds: clientIds.filter((id): id is string => typeof id === 'string') };
}

function parsed(json: string): Record<string, unknown> | null {
  const value = parsedAny(json);
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
}

function parsedAny(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return undefined;
  }
}
