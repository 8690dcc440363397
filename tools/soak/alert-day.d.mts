export interface Span {
  /** Milliseconds after midnight. */
  from: number;
  until: number;
}
export interface AlertDay {
  limit: number;
  lengthMs: number;
  incidents: Span[];
  gaps: Span[];
  valueAt(at: number): number | null;
}
export function alertDay(seed: number): AlertDay;
