/** Makes the error of work that takes longer than it was given. @param what the work, as a sentence begins */
export function tooSlow(what: string, ms: number): () => Error {
  return () => new Error(`${what} took longer than ${ms / 1000} s.`);
}
