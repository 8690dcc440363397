/**
 * How an answer of another process is judged: one may be lost by chance, and one may come by chance while the other end
 * starts, so that two in a row are believed.
 */
export const REMOTE = { failureThreshold: 2, successThreshold: 2 } as const;
