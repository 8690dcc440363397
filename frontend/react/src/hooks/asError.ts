/** What was thrown, as an error. One of another realm is no instance of this one's Error, so it is known by its message. */
export function asError(cause: unknown): Error {
  if (typeof cause === 'object' && cause !== null && 'message' in cause) return cause as Error;
  return new Error(String(cause));
}
