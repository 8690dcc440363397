import { fileURLToPath } from 'node:url';

/** Root of the checkout that this program belongs to; the same from source and from `dist`. */
export const CHECKOUT = fileURLToPath(new URL('../../../', import.meta.url));
