/**
 * The words of one component: English, with those of the map over it, in its inner maps too. The same object for the
 * same map, so that it can stand in a list of dependencies.
 */
export function wordsOf<T extends object>(english: T, over: object | undefined): T {
  if (over === undefined) return english;
  let made = merged.get(english);
  if (made === undefined) merged.set(english, (made = new WeakMap()));
  let words = made.get(over);
  if (words === undefined) {
    // Words of its parts that are loaded later stay in it.
    words = { ...over, ...english };
    for (const [name, own] of Object.entries(english)) {
      const other: unknown = over[name as keyof typeof over];
      if (other !== undefined)
        words[name as keyof typeof words] = (typeof own === 'object' ? { ...own, ...other } : other) as never;
    }
    made.set(over, words);
  }
  return words as T;
}

const merged = new WeakMap<object, WeakMap<object, object>>();
