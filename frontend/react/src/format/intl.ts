/** How many formatters are kept; a page uses about a dozen, a longer list means that options are made at random. */
const MOST = 200;

function keep<T>(make: (key: string) => T): (key: string) => T {
  const made = new Map<string, T>();
  return (key) => {
    const known = made.get(key);
    if (known !== undefined) return known;
    if (made.size >= MOST) made.clear();
    const fresh = make(key);
    made.set(key, fresh);
    return fresh;
  };
}

// Making a formatter costs some fifty times a call of it, so each pair of locale and options is made once.
const parse = <O>(key: string): [string, O] => JSON.parse(key) as [string, O];
const numbers = keep((key) => new Intl.NumberFormat(...parse<Intl.NumberFormatOptions>(key)));
const dates = keep((key) => new Intl.DateTimeFormat(...parse<Intl.DateTimeFormatOptions>(key)));
const relatives = keep((key) => new Intl.RelativeTimeFormat(...parse<Intl.RelativeTimeFormatOptions>(key)));
const lists = keep((key) => new Intl.ListFormat(...parse<Intl.ListFormatOptions>(key)));

/** A number formatter, made once for a locale and options. */
export const numberFormat = (locale: string, options: Intl.NumberFormatOptions): Intl.NumberFormat =>
  numbers(JSON.stringify([locale, options]));

/** A date formatter, made once for a locale and options. */
export const dateFormat = (locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
  dates(JSON.stringify([locale, options]));

/** A formatter of relative times, made once for a locale and options. */
export const relativeFormat = (
  locale: string,
  options: Intl.RelativeTimeFormatOptions,
): Intl.RelativeTimeFormat => relatives(JSON.stringify([locale, options]));

/** A formatter of lists, made once for a locale and options. */
export const listFormat = (locale: string, options: Intl.ListFormatOptions): Intl.ListFormat =>
  lists(JSON.stringify([locale, options]));
