// Lets Node run the workspace's TypeScript from source, decorator metadata included (Node's own type
// stripping has none). Use: node --import ./tools/ts-loader.mjs --conditions=@fleetdeck/source <file.ts>
import { register } from 'node:module';

if (!globalThis.__fleetdeckTsLoader) {
  globalThis.__fleetdeckTsLoader = true;
  register('./ts-loader.hooks.mjs', import.meta.url);
}
