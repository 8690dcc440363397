/**
 * User and password, or a token, between `//` and `@`. A password that was not encoded may hold `@` and `/`. No two
 * matches that are tried share more than a beginning, so that the time grows with the text and not with its square.
 */
const CREDENTIALS = /\/\/(?:[^\s/:]*:(?:(?!\/\/)\S)*|[^\s/]*)@/g;

/** A text without the credentials of the addresses in it. */
export function withoutCredentials(text: string): string {
  return text.replace(CREDENTIALS, '//[redacted]@');
}
