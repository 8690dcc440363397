/**
 * User and password, or a token, between `//` and `@`. A password that was not encoded may hold `@` and `/`. No two
 * matches that are tried share more than a beginning, so that the time grows with the text and not with its square.
 */
const CREDENTIALS = /\/\/(?:[^\s/:]*:(?:(?!\/\/)\S)*|[^\s/]*)@/g;

/** `password=…`, `?api_key=…` and the like, also at the end of a longer name, with or without quotes. */
const SECRETS =
  /((?:password|passwd|pwd|secret|token|api[_-]?key|access[_-]?key)\s?=\s?)(?:"[^"]{0,300}"|'[^']{0,300}'|[^\s&;,]+)/gi;

/** A text without the credentials of the addresses in it, and without what it calls a secret. */
export function withoutCredentials(text: string): string {
  return text.replace(CREDENTIALS, '//[redacted]@').replace(SECRETS, '$1[redacted]');
}
