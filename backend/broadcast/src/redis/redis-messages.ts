import { isPosition } from '@fleetdeck/dto';
import type { StoredMessage } from '../topic/topic-log.ts';

/** A message as Redis numbered it. */
export interface NumberedMessage extends StoredMessage {
  /** The writer and its sequence number. */
  readonly id: string;
  /** How long ago it was appended when it was read, in milliseconds. */
  readonly ageMs: number;
}

/** What is published on a topic's channel: messages in a row, or none when a new epoch has begun. */
export interface TopicNews {
  epoch: string;
  messages: NumberedMessage[];
}

/** The answer to a read. */
export interface TopicState {
  epoch: string;
  offset: number;
  /** The id of the last message; empty before the first. */
  last: string;
  /** The highest offset among values that were dropped for want of room. */
  dropped: number;
  /** Whether `messages` are all there are, and not only what came after the position that was given. */
  whole: boolean;
  /** In the order of their offsets. */
  messages: NumberedMessage[];
}

/** What is kept under our names is not what was written there. */
export class StrangeDataError extends Error {}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const ID = /^[\w-]{1,64}\.\d{1,16}$/;
const EPOCH = /^[\w-]{1,32}$/;
const LINES_OF_A_MESSAGE = 4;

/**
 * Reads what came on a topic's channel; `null` when it is none of ours. Anybody who reaches the Redis can send there.
 */
export function readNews(payload: string): TopicNews | null {
  const [epoch = '', from = '', count = '', ...lines] = payload.split('\n');
  if (
    !/^[1-9]\d*$/.test(from) ||
    !isStart(epoch, Number(from)) ||
    lines.length !== Number(count) * LINES_OF_A_MESSAGE
  )
    return null;
  const messages: NumberedMessage[] = [];
  for (let i = 0; i < lines.length; i += LINES_OF_A_MESSAGE) {
    const [id = '', at = '', key = '', json = ''] = lines.slice(i, i + LINES_OF_A_MESSAGE);
    const message = messageOf({ offset: Number(from) + messages.length, id, at, json, ageMs: 0 }, key);
    if (!message) return null;
    messages.push(message);
  }
  return { epoch, messages };
}

/**
 * Reads the answer of the script `READ`.
 * @throws StrangeDataError when it has another shape: something else writes under our names
 */
export function readState(answer: unknown, mode: 'log' | 'latest'): TopicState {
  if (!Array.isArray(answer)) throw strange();
  const [epoch, offsetText, last, droppedText, nowText, whole, entries] = answer as unknown[];
  const offset = Number(offsetText);
  const nowMs = Number(nowText);
  if (typeof epoch !== 'string' || !isStart(epoch, offset)) throw strange();
  if (typeof last !== 'string' || !Array.isArray(entries)) throw strange();
  const texts: unknown[] = entries;
  if (!texts.every((entry) => typeof entry === 'string')) throw strange();
  const messages = mode === 'log' ? logEntries(texts, offset, nowMs) : values(texts);
  return { epoch, offset, last, dropped: Number(droppedText), whole: whole === '1', messages };
}

/** The key of a value as it is stored: a text without line breaks, empty when there is none. */
export function storedKey(key: string | undefined): string {
  return key === undefined ? '' : JSON.stringify(key);
}

function logEntries(entries: string[], offset: number, nowMs: number): NumberedMessage[] {
  return entries.map((entry, i) => {
    const [time = '', id = '', at = '', json = ''] = entry.split('\n');
    const ageMs = Math.max(0, nowMs - Number(time));
    const message = messageOf({ offset: offset - entries.length + 1 + i, id, at, json, ageMs }, '');
    if (!message || Number.isNaN(ageMs)) throw strange();
    return message;
  });
}

function values(entries: string[]): NumberedMessage[] {
  const messages: NumberedMessage[] = [];
  for (let i = 0; i < entries.length; i += 2) {
    const [offset = '', id = '', at = '', json = ''] = (entries[i + 1] ?? '').split('\n');
    const message = messageOf({ offset: Number(offset), id, at, json, ageMs: 0 }, entries[i] ?? '');
    if (!message) throw strange();
    messages.push(message);
  }
  return messages.sort((a, b) => a.offset - b.offset);
}

function messageOf(message: NumberedMessage, key: string): NumberedMessage | null {
  const { offset, id, at, json } = message;
  if (!Number.isSafeInteger(offset) || offset < 1 || !ID.test(id) || !INSTANT.test(at)) return null;
  try {
    // Not kept: a payload stays the text that clients get. But what is no JSON would break their frames.
    JSON.parse(json);
    if (key === '') return message;
    const plain: unknown = JSON.parse(key);
    return typeof plain === 'string' ? { ...message, key: plain } : null;
  } catch {
    return null;
  }
}

function isStart(epoch: string, offset: number): boolean {
  return EPOCH.test(epoch) && isPosition({ epoch, offset });
}

function strange(): StrangeDataError {
  return new StrangeDataError('what Redis keeps under the names of a topic is not what was written there');
}
