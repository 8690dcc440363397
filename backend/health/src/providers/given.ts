import { FleetdeckError } from '@fleetdeck/kernel';

/**
 * Refuses what injection or the environment left empty, before a check trips over it again and again.
 * @param remedy what to give, as a sentence
 */
export function requireGiven(subject: string, field: string, value: unknown, remedy: string): void {
  if (value === undefined || value === null) throw refused(subject, field, 'is missing', remedy);
}

/** As {@link requireGiven}; what is given must also have a method of that name. */
export function requireMethod(
  subject: string,
  field: string,
  value: unknown,
  method: string,
  remedy: string,
): void {
  requireGiven(subject, field, value, remedy);
  if (typeof (value as Record<string, unknown>)[method] === 'function') return;
  throw refused(subject, field, `has no method ${method}()`, remedy);
}

/**
 * Refuses an address with a `%` that begins no escape, before a check trips over it. The address is not repeated: it may
 * hold a password.
 */
export function requireDecodable(subject: string, field: string, ...parts: string[]): void {
  try {
    parts.forEach(decodeURIComponent);
  } catch {
    throw refused(subject, field, 'has a "%" that begins no escape', 'Write "%" itself as %25.');
  }
}

function refused(subject: string, field: string, message: string, remedy: string): FleetdeckError {
  return new FleetdeckError('INVALID_INPUT', `${subject}: ${field} ${message}. ${remedy}`, {
    fields: [{ field, message }],
  });
}
