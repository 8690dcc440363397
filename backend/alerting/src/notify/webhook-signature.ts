import { createHmac, timingSafeEqual } from 'node:crypto';

/** Header that carries the signature of a webhook: `t=<seconds>,v1=<hex>`. */
export const SIGNATURE_HEADER = 'fleetdeck-signature';

/** Signs a body at a time, in milliseconds since the epoch. */
export function signWebhook(secret: string, body: string, at: number): string {
  const seconds = Math.floor(at / 1000);
  return `t=${seconds},v1=${digest(secret, seconds, body)}`;
}

/**
 * Whether a webhook comes from who knows the secret, and is not an old one that somebody sends again. For receivers.
 *
 * @param body the body as it came, before any parsing
 * @param toleranceMs how far the two clocks may be apart, in milliseconds
 */
export function verifyWebhook(
  secret: string,
  body: string,
  header: string | undefined,
  now: number = Date.now(),
  toleranceMs = 300_000,
): boolean {
  const match = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(header ?? '');
  if (!match) return false;
  const seconds = Number(match[1]);
  if (Math.abs(now - seconds * 1000) > toleranceMs) return false;
  return timingSafeEqual(Buffer.from(digest(secret, seconds, body)), Buffer.from(match[2] ?? ''));
}

function digest(secret: string, seconds: number, body: string): string {
  return createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
}
