// What the kit adds to a page that imports it, gzip -9, without React.
import { kitSizes } from '../kit-sizes.mjs';

export default async function kit() {
  return { results: await kitSizes() };
}
