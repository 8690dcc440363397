const PLACEHOLDER = /\{\{\s*([^{}]*?)\s*\}\}/g;

/** The placeholders of a template, without their braces. */
export function placeholdersOf(template: string): string[] {
  return [...template.matchAll(PLACEHOLDER)].map((match) => match[1] ?? '');
}

/** What a template is filled with. */
export type MessageValues = ReadonlyMap<string, string | number | null>;

/** Fills a template in. It only inserts texts: nothing in it or in the values is run. */
export function fillMessage(template: string, values: MessageValues): string {
  return template.replace(PLACEHOLDER, (_whole, name: string) => {
    const value = values.get(name);
    if (value === null || value === undefined) return 'unknown';
    return typeof value === 'number' ? formatNumber(value) : value;
  });
}

/** Up to four significant digits after the point matter to nobody who is woken up. */
function formatNumber(value: number): string {
  if (Number.isInteger(value)) return String(value);
  const digits = Math.abs(value) >= 1000 ? 0 : Math.abs(value) >= 10 ? 1 : 3;
  return String(Number(value.toFixed(digits))) === '0'
    ? value.toExponential(1)
    : String(Number(value.toFixed(digits)));
}
