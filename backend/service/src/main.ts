import 'reflect-metadata';
import { EnvironmentError, readEnvironment, type Environment } from './environment/environment.ts';
import { createLogger } from './logging/logger.ts';
import { startService, type RunningService } from './start-service.ts';

/** How long a stop may take before the process ends regardless. */
const STOP_DEADLINE_MS = 20_000;
/** A second signal this long after the first ends the process without further ado. */
const IMPATIENT_AFTER_MS = 2_000;

function fail(thrown: unknown): never {
  const message = (thrown as { message?: unknown } | null)?.message;
  process.stderr.write(`Fleetdeck cannot start. ${typeof message === 'string' ? message : String(thrown)}\n`);
  process.exit(1);
}

function environmentOrFail(): Environment {
  try {
    return readEnvironment(process.env);
  } catch (thrown) {
    if (!(thrown instanceof EnvironmentError)) throw thrown;
    const [first, ...rest] = thrown.problems;
    return fail({
      message: rest.length === 0 ? first : thrown.problems.map((problem) => `\n  - ${problem}`).join(''),
    });
  }
}

const environment = environmentOrFail();
const logger = createLogger(environment.logLevel);
let service: RunningService | null = null;
let stoppingSince: number | null = null;

async function stop(reason: string, exitCode: number): Promise<void> {
  if (stoppingSince !== null) {
    // npm passes on the very signal that the terminal has already sent; only a later one means "at once".
    if (performance.now() - stoppingSince > IMPATIENT_AFTER_MS) process.exit(exitCode || 1);
    return;
  }
  stoppingSince = performance.now();
  logger.info({ reason }, 'stopping');
  setTimeout(() => {
    logger.fatal(`not stopped within ${STOP_DEADLINE_MS / 1000} s, ending regardless`);
    process.exit(1);
  }, STOP_DEADLINE_MS).unref();
  await service?.close();
  process.exit(exitCode);
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop(signal, 0));
process.on('unhandledRejection', (thrown) => {
  logger.fatal({ err: thrown }, 'a promise was rejected and nobody listened');
  void stop('unhandledRejection', 1);
});

try {
  service = await startService(environment, logger, (sentence) => {
    logger.fatal(sentence);
    void stop(sentence, 1);
  });
  process.stdout.write(`ready ${service.url}\n`);
  if (service.signInUrl !== null) process.stdout.write(`sign in: ${service.signInUrl}\n`);
} catch (thrown) {
  logger.debug({ err: thrown }, 'start failed');
  fail(thrown);
}
