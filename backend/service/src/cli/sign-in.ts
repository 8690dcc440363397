import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { signInLink } from '../access/sign-in-link.ts';
import { cliSecret, fail, runCli } from './cli.ts';

await runCli(async () => {
  const { secret, dataDir, environment } = cliSecret();
  return `sign in: ${await signInLink(environment.publicUrl ?? runningUrl(dataDir), secret)}`;
});

function runningUrl(dataDir: string): string {
  let text: string;
  try {
    text = readFileSync(join(dataDir, 'service.json'), 'utf8');
  } catch {
    return fail(
      'No service is running from this folder. Start it, or set FLEETDECK_PUBLIC_URL to its address.',
    );
  }
  return (JSON.parse(text) as { url: string }).url;
}
