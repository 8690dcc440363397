import { parseArgs } from 'node:util';
import { isRole, ROLES } from '@fleetdeck/dto';
import { mintToken, TOKEN_LIFETIME_SECONDS } from '../access/tokens.ts';
import { cliSecret, fail, runCli } from './cli.ts';

const USAGE = `Usage: npm run -s token -- --role viewer|operator|admin [--subject NAME] [--hours N]
Prints a bearer token for scripts. It signs with FLEETDECK_JWT_SECRET, or with the secret of the local data folder.`;

await runCli(async () => {
  const { values } = parseArgs({
    options: {
      role: { type: 'string' },
      subject: { type: 'string', default: 'script' },
      hours: { type: 'string', default: String(TOKEN_LIFETIME_SECONDS / 3600) },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return USAGE;
  const { role, subject } = values;
  if (!isRole(role))
    fail(
      `--role is ${role === undefined ? 'missing' : `"${role}"`}; expected one of ${ROLES.join(', ')}.\n${USAGE}`,
    );
  const hours = Number(values.hours);
  if (!(hours > 0 && hours <= 24 * 366))
    fail(`--hours is "${values.hours}"; expected a number above 0, up to 8784.`);
  return mintToken(cliSecret().secret, { subject, role, lifetimeSeconds: Math.ceil(hours * 3600) });
});
