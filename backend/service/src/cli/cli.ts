import { defaultDataDir } from '@fleetdeck/postgres';
import { localSecret } from '../access/local-secret.ts';
import { readEnvironment, type Environment } from '../environment/environment.ts';
import { CHECKOUT } from '../checkout.ts';

/** Ends a command with a sentence that says what to do. */
export function fail(sentence: string): never {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}

/** Runs a command and prints what it answers. */
export async function runCli(command: () => Promise<string> | string): Promise<void> {
  try {
    process.stdout.write(`${await command()}\n`);
  } catch (thrown) {
    fail((thrown as { message?: string }).message ?? String(thrown));
  }
}

/** The secret that the service of this folder signs with. */
export function cliSecret(): { secret: string; dataDir: string; environment: Environment } {
  const environment = readEnvironment(process.env);
  const dataDir = environment.dataDir ?? defaultDataDir(CHECKOUT);
  if (environment.jwtSecret === null && environment.oidc !== null) {
    fail(
      'Tokens come from the OIDC issuer here. Set FLEETDECK_JWT_SECRET beside it to make some of your own.',
    );
  }
  return { secret: environment.jwtSecret ?? localSecret(dataDir), dataDir, environment };
}
