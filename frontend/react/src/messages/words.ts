/**
 * The words of one component: English, with those of the map over it. The same object for the same map, so that it
 * can stand in a list of dependencies.
 */
export function wordsOf<T extends object>(english: T, over: Partial<T> | undefined): T {
  if (over === undefined) return english;
  const known = merged.get(over);
  if (known !== undefined) return known as T;
  const made = { ...english, ...over };
  merged.set(over, made);
  return made;
}

const merged = new WeakMap<object, object>();
