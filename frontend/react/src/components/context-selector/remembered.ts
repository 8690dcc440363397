import type { ContextOption } from './contextOptions.ts';

/** More than a `ContextStore` marks: 50 favourites and the 5 used last. */
const MOST = 60;
const LONGEST = 200;

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const isOption = (value: unknown): value is ContextOption =>
  typeof value === 'object' && value !== null && 'id' in value && 'label' in value
    ? isText(value.id) && isText(value.label)
    : false;

/** What names an option, cut to a length: no status, which is of the moment. */
const named = ({ id, label, description }: ContextOption): ContextOption => ({
  id,
  label: label.slice(0, LONGEST),
  ...(isText(description) && { description: description.slice(0, LONGEST) }),
});

/** The options that were chosen in this browser, the last one first; none where nothing can be read. */
export function readRemembered(key: string | null): readonly ContextOption[] {
  if (key === null) return [];
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(key) ?? '[]');
    return Array.isArray(stored) ? stored.filter(isOption).slice(0, MOST).map(named) : [];
  } catch {
    return [];
  }
}

/** Keeps an option for the next visit, where the browser lets it. */
export function remember(key: string | null, option: ContextOption): void {
  if (key === null) return;
  const others = readRemembered(key).filter(({ id }) => id !== option.id);
  try {
    localStorage.setItem(key, JSON.stringify([named(option), ...others].slice(0, MOST)));
  } catch {
    // Blocked or full: the next visit shows its id.
  }
}
