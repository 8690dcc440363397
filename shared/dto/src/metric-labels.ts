import { LABEL_NAME_PATTERN, MAX_LABEL_VALUE_LENGTH, MAX_LABELS } from './metrics.ts';

/**
 * Why a value cannot be the labels of a series, in words that follow the name of the field; `null` when it can.
 *
 * @example
 * labelsProblem({ host: 'a' }); // null
 * labelsProblem({ 'my-host': 'a' }); // 'must have names such as "host": letters, digits and _ …'
 */
export function labelsProblem(labels: unknown): string | null {
  if (typeof labels !== 'object' || labels === null || Array.isArray(labels)) {
    return 'must be an object of label names and their values';
  }
  let count = 0;
  for (const [name, value] of Object.entries(labels)) {
    count += 1;
    if (count > MAX_LABELS) return `must have at most ${MAX_LABELS} labels`;
    if (!LABEL_NAME_PATTERN.test(name)) {
      return `must have names such as "host": letters, digits and _, not starting with a digit; "${shortened(name)}" is not one`;
    }
    if (typeof value !== 'string' || value.length > MAX_LABEL_VALUE_LENGTH || value.includes('\0')) {
      return `must have texts of at most ${MAX_LABEL_VALUE_LENGTH} characters, without the NUL character, as values; that of "${shortened(name)}" is not one`;
    }
  }
  return null;
}

const MAX_ECHO = 60;

/** A name that a client chose, cut to a length that an answer can carry. */
export function shortened(name: string): string {
  return name.length > MAX_ECHO ? `${name.slice(0, MAX_ECHO)}…` : name;
}
