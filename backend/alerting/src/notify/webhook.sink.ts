import type { AlertNotice } from '@fleetdeck/dto';
import { FleetdeckError, messageOf, systemClock, type Clock } from '@fleetdeck/kernel';
import { NoticeRefused, type NoticeSink } from './notice-sink.ts';
import { SIGNATURE_HEADER, signWebhook } from './webhook-signature.ts';

/** Options of {@link webhookSink}. */
export interface WebhookSinkOptions {
  /** Names the sink in the log and in the store; must stay the same. @default 'webhook' */
  name?: string;
  /** Where notices are sent by POST: https, or http on this machine. */
  url: string;
  /** Signs the body; at least 16 characters. A function is asked each time, so that the secret can be changed. */
  secret: string | (() => Promise<string>);
  /** Lets http to other machines through: notices can then be read and changed on their way. @default false */
  allowInsecure?: boolean;
  /** For the time in the signature. @default the machine's clock */
  clock?: Clock;
}

const MIN_SECRET_LENGTH = 16;

/**
 * Sends notices to a web address: an `AlertNotice` as JSON, signed by HMAC-SHA256 with its time, its id as
 * `Idempotency-Key`. An answer of 2xx means that it has arrived; 408, 429, 5xx and silence are tried again; any other
 * answer, a redirect too, is final.
 *
 * @throws FleetdeckError `INVALID_INPUT` when an option is not valid
 */
export function webhookSink(options: WebhookSinkOptions): NoticeSink {
  const { name = 'webhook', secret, allowInsecure = false, clock = systemClock } = options;
  const url = checkedUrl(name, options.url, allowInsecure);
  if (typeof secret === 'string') checkSecret(name, secret);
  return {
    name,
    async deliver(notice: AlertNotice, signal: AbortSignal) {
      const body = JSON.stringify(notice);
      const key = typeof secret === 'string' ? secret : checkSecret(name, await secret());
      const answer = await post(url, signal, body, {
        'content-type': 'application/json',
        'idempotency-key': notice.id,
        [SIGNATURE_HEADER]: signWebhook(key, body, clock.now()),
        'user-agent': 'fleetdeck-alerting',
      });
      if (answer >= 200 && answer < 300) return;
      const sentence = `${url.origin} answered ${answer}.`;
      if (answer === 408 || answer === 429 || answer >= 500) throw new Error(sentence);
      throw new NoticeRefused(sentence);
    },
  };
}

async function post(
  url: URL,
  signal: AbortSignal,
  body: string,
  headers: Record<string, string>,
): Promise<number> {
  let response: Response;
  try {
    // Followed redirects could lead anywhere, with the signed body.
    response = await fetch(url, { method: 'POST', body, headers, signal, redirect: 'manual' });
  } catch (thrown) {
    // The address may hold a token in its path, so only its origin is told.
    const cause = (thrown as { cause?: unknown }).cause;
    throw new Error(`${url.origin} cannot be reached: ${messageOf(cause ?? thrown)}`, { cause: thrown });
  }
  await response.body?.cancel().catch(() => undefined);
  return response.status;
}

function checkedUrl(name: string, value: string, allowInsecure: boolean): URL {
  const url = URL.canParse(value) ? new URL(value) : null;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw invalid(name, 'url must be an address that begins with https://');
  }
  if (url.username !== '' || url.password !== '') {
    throw invalid(
      name,
      'url must not hold a user or a password; the receiver knows the sender by the signature',
    );
  }
  if (url.protocol === 'http:' && !allowInsecure && !isLoopback(url.hostname)) {
    throw invalid(
      name,
      'url must be https, since others could read and change the notices; or set allowInsecure',
    );
  }
  return url;
}

function checkSecret(name: string, secret: string): string {
  if (secret.length >= MIN_SECRET_LENGTH) return secret;
  throw invalid(name, `secret must have at least ${MIN_SECRET_LENGTH} characters`);
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host);
}

function invalid(name: string, message: string): FleetdeckError {
  return new FleetdeckError('INVALID_INPUT', `Webhook "${name}": ${message}.`, {
    fields: [{ field: message.split(' ', 1)[0] ?? 'url', message }],
  });
}
