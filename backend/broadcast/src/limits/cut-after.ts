import type { Duplex } from 'node:stream';

/** How long a connection that is being closed may take to read why, in milliseconds. */
export const GOODBYE_MS = 1000;

/** Cuts a connection that has not closed by then, whether its peer listens or not. */
export function cutAfter(network: Duplex, ms: number): void {
  const cut = setTimeout(() => network.destroy(), ms);
  cut.unref();
  network.once('close', () => clearTimeout(cut));
}
