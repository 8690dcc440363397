import { useState } from 'react';

/** A value that the caller keeps, or the component where the caller gives `undefined`. Both are told of a change. */
export function useControlled<T>(
  given: T | undefined,
  standard: T,
  onChange: ((value: T) => void) | undefined,
): [T, (value: T) => void] {
  const [own, setOwn] = useState(standard);
  return [
    given === undefined ? own : given,
    (value) => {
      setOwn(() => value);
      onChange?.(value);
    },
  ];
}
