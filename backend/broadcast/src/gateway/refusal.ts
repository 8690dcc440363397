import {
  BROADCAST_CODES,
  type BroadcastCodeName,
  type BroadcastRefusal,
  type CloseNotice,
} from '@fleetdeck/dto';
import type { FleetdeckError } from '@fleetdeck/kernel';

const DEFAULT_RETRY_MS = 1000;

/** How an error is told to a client of the socket. */
export function toRefusal(error: FleetdeckError): BroadcastRefusal {
  const name = codeOf(error);
  const { number, retryable } = BROADCAST_CODES[name];
  const { retryAfterSeconds } = error;
  const retryMs = retryAfterSeconds === undefined ? DEFAULT_RETRY_MS : Math.round(retryAfterSeconds * 1000);
  return { ok: false, code: number, message: error.message, retryAfterMs: retryable ? retryMs : null };
}

/** A refusal with a code of the socket's own. */
export function refusal(
  name: BroadcastCodeName,
  message: string,
  retryAfterMs: number | null,
): BroadcastRefusal {
  return { ok: false, code: BROADCAST_CODES[name].number, message, retryAfterMs };
}

/** Why a connection is closed. */
export function closeNotice(
  name: BroadcastCodeName,
  reason: string,
  retryAfterMs: number | null,
): CloseNotice {
  return { code: BROADCAST_CODES[name].number, reason, retryAfterMs };
}

/** What goes into the close frame, for people who look at the wire. */
export function titleOf(code: number): string {
  return Object.values(BROADCAST_CODES).find(({ number }) => number === code)?.title ?? '';
}

function codeOf({ code, category }: FleetdeckError): BroadcastCodeName {
  if (Object.hasOwn(BROADCAST_CODES, code)) return code as BroadcastCodeName;
  switch (category) {
    case 'unauthenticated':
      return 'UNAUTHENTICATED';
    case 'denied':
      return 'FORBIDDEN';
    case 'input':
      return 'INVALID_INPUT';
    case 'unavailable':
      return 'OVERLOADED';
    default:
      return 'INTERNAL';
  }
}
