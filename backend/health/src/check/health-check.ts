import type { HealthIndicatorResult } from '@nestjs/terminus';
import { messageOf, type HealthCheckOutcome } from '@fleetdeck/kernel';
import { withoutCredentials } from './credentials.ts';

/** What a check may answer: an outcome, or the result of a Terminus indicator. */
export type HealthCheckAnswer = HealthCheckOutcome | HealthIndicatorResult;

/**
 * One check. It should stop its work when the signal aborts; whether it does or not, it is never run twice at once.
 *
 * @example
 * const check: HealthCheck = async (signal) => {
 *   const answer = await fetch('http://127.0.0.1:8080/ping', { signal });
 *   return answer.ok ? { status: 'healthy' } : { status: 'critical', reason: `It answers ${answer.status}.` };
 * };
 */
export type HealthCheck = (signal: AbortSignal) => HealthCheckAnswer | PromiseLike<HealthCheckAnswer>;

type Details = NonNullable<HealthCheckOutcome['details']>;

const STATUSES = ['healthy', 'degraded', 'critical'] as const;
const TERMINUS_STATUSES = { up: 'healthy', degraded: 'degraded', down: 'critical' } as const;
const MAX_DETAILS = 50;
const MAX_TEXT = 300;
const MAX_NAME = 100;
/** Control characters, and marks of writing direction: they would act on a terminal or turn a line around. */
const CONTROLS = /[\p{Cc}\p{Bidi_Control}]/gu;

/** What `messageOf` says of what has no message. */
const UNKNOWN = 'unknown error';
const FETCH_FAILED = 'fetch failed';

const GARBAGE: HealthCheckOutcome = {
  status: 'critical',
  reason: 'The check answered neither a health outcome nor the result of a Terminus indicator.',
};

/** The outcome of a check that threw. Never throws, whatever was thrown. */
export function failureOutcome(thrown: unknown): HealthCheckOutcome {
  try {
    return { status: 'critical', reason: tellable(messageWithCause(thrown)) };
  } catch {
    return { status: 'critical', reason: UNKNOWN };
  }
}

/** `fetch` says only that it failed, and why in its cause. The causes of other errors may not be meant for everyone. */
function messageWithCause(thrown: unknown): string {
  const message = messageOf(thrown);
  if (message !== FETCH_FAILED || !isRecord(thrown)) return message;
  const cause = messageOf(thrown['cause']);
  return cause === UNKNOWN ? message : `${message}: ${cause}`;
}

/** Reads what a check answered. What cannot be understood is critical, never healthy. Never throws. */
export function readAnswer(answer: unknown): HealthCheckOutcome {
  try {
    if (!isRecord(answer)) return GARBAGE;
    if (typeof answer['status'] === 'string') return readOutcome(answer);
    return readIndicators(answer);
  } catch {
    // A getter or a proxy may throw anywhere.
    return GARBAGE;
  }
}

function readOutcome(answer: Record<string, unknown>): HealthCheckOutcome {
  const status = STATUSES.find((known) => known === answer['status']);
  if (!status) return GARBAGE;
  const reason = answer['reason'];
  const details = isRecord(answer['details']) ? plainFields(answer['details']) : undefined;
  return {
    status,
    ...(typeof reason === 'string' && reason !== '' ? { reason: tellable(reason) } : {}),
    ...(details ? { details } : {}),
  };
}

function readIndicators(answer: Record<string, unknown>): HealthCheckOutcome {
  const indicators = Object.entries(answer);
  if (indicators.length === 0) return GARBAGE;
  let worst: HealthCheckOutcome = { status: 'healthy' };
  const fields: Record<string, unknown> = {};
  for (const [key, indicator] of indicators) {
    if (!isRecord(indicator)) return GARBAGE;
    const { status: word, message, ...rest } = indicator;
    const status = isTerminusStatus(word) ? TERMINUS_STATUSES[word] : undefined;
    if (!status) return GARBAGE;
    if (STATUSES.indexOf(status) > STATUSES.indexOf(worst.status)) {
      worst = { status, ...(typeof message === 'string' ? { reason: tellable(message) } : {}) };
    }
    for (const [field, value] of Object.entries(rest)) {
      fields[indicators.length === 1 ? field : `${key}.${field}`] = value;
    }
  }
  const details = plainFields(fields);
  return { ...worst, ...(details ? { details } : {}) };
}

function isTerminusStatus(word: unknown): word is keyof typeof TERMINUS_STATUSES {
  return typeof word === 'string' && Object.hasOwn(TERMINUS_STATUSES, word);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Keeps the fields that may go onto the wire: plain values, bounded in number and length. */
function plainFields(fields: Record<string, unknown>): Details | undefined {
  const kept: [string, Details[string]][] = [];
  for (const [key, value] of Object.entries(fields)) {
    if (kept.length === MAX_DETAILS) break;
    const name = tellable(key, MAX_NAME);
    if (value === null || typeof value === 'boolean' || Number.isFinite(value)) {
      kept.push([name, value as number | boolean | null]);
    } else if (typeof value === 'string') kept.push([name, tellable(value)]);
  }
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

/**
 * One line, bounded, without control characters, and without the credentials of addresses: drivers like to repeat what
 * they were given.
 */
function tellable(text: string, max = MAX_TEXT): string {
  const line = withoutCredentials(text.replace(/\s+/g, ' ').replace(CONTROLS, '')).trim();
  return line.length <= max ? line : `${line.slice(0, max - 1)}…`;
}
