/** How many formatters are kept; a page uses about a dozen, a longer list means that options are made at random. */
const MOST = 200;

// Making a formatter costs some fifty times a call of it.
function kept<O, F>(Format: new (locale: string, options: O) => F): (locale: string, options: O) => F {
  const made = new Map<string, F>();
  return (locale, options) => {
    const key = JSON.stringify([locale, options]);
    const known = made.get(key);
    if (known !== undefined) return known;
    if (made.size >= MOST) made.clear();
    const fresh = new Format(locale, options);
    made.set(key, fresh);
    return fresh;
  };
}

/** A number formatter, made once for a locale and options. */
export const numberFormat = kept<Intl.NumberFormatOptions, Intl.NumberFormat>(Intl.NumberFormat);

/** A date formatter, made once for a locale and options. */
export const dateFormat = kept<Intl.DateTimeFormatOptions, Intl.DateTimeFormat>(Intl.DateTimeFormat);

/** A formatter of relative times, made once for a locale and options. */
export const relativeFormat = kept<Intl.RelativeTimeFormatOptions, Intl.RelativeTimeFormat>(
  Intl.RelativeTimeFormat,
);

/** A formatter of lists, made once for a locale and options. */
export const listFormat = kept<Intl.ListFormatOptions, Intl.ListFormat>(Intl.ListFormat);
