import { FleetdeckError } from '@fleetdeck/kernel';
import type { HealthHistoryOptions, HealthModuleOptions } from './health.options.ts';
import { requireGiven, requireMethod } from './providers/given.ts';

const SUBJECT = 'TerminusHealthModule';
const KNOWN: readonly string[] = [
  'defaults',
  'startupGraceMs',
  'shutdownDrainMs',
  'checks',
  'groups',
  'history',
] satisfies (keyof HealthModuleOptions)[];
const KNOWN_OF_HISTORY: readonly string[] = [
  'dataSource',
  'node',
  'retentionDays',
] satisfies (keyof HealthHistoryOptions)[];
/** These decide the shape of the module, so a factory comes too late for them. */
const BESIDE = ['http', 'isGlobal'];
const MAX_NODE = 200;

/**
 * Reads the options that the module was given, or that its factory answered: a mistake in them is told at start, by
 * its name, and not passed over.
 * @throws FleetdeckError `INVALID_INPUT` naming the option
 */
export function readModuleOptions(given: unknown): HealthModuleOptions {
  if (!isRecord(given)) {
    throw refused('the options', `must be an object, {} at least, not ${String(given)}`);
  }
  for (const key of Object.keys(given)) {
    if (KNOWN.includes(key)) continue;
    throw BESIDE.includes(key)
      ? refused(key, 'is given beside useFactory, not in what it answers')
      : refused(key, `is no option; there are ${KNOWN.join(', ')}`);
  }
  readChecks(given['checks']);
  readGroups(given['groups']);
  readHistory(given['history']);
  return given;
}

function readChecks(checks: unknown): void {
  if (checks === undefined) return;
  if (!Array.isArray(checks)) throw refused('checks', 'must be a list');
  checks.forEach((check: unknown, index) => {
    const remedy =
      'Give it what postgresHealth(dataSource) and the like answer, and leave out what is not there.';
    requireMethod(SUBJECT, `checks[${index}]`, check, 'checkHealth', remedy);
  });
}

function readGroups(groups: unknown): void {
  if (groups === undefined) return;
  if (!isRecord(groups)) throw refused('groups', 'must be an object of lists of names');
  for (const [name, members] of Object.entries(groups)) {
    if (Array.isArray(members) && members.every((member) => typeof member === 'string')) continue;
    throw refused(`groups.${name}`, 'must be a list of names of components');
  }
}

function readHistory(history: unknown): void {
  if (history === undefined) return;
  if (!isRecord(history)) throw refused('history', 'must be an object');
  const unknown = Object.keys(history).find((key) => !KNOWN_OF_HISTORY.includes(key));
  if (unknown !== undefined) {
    throw refused(`history.${unknown}`, `is no option; there are ${KNOWN_OF_HISTORY.join(', ')}`);
  }
  const { node } = history;
  if (node !== undefined && (typeof node !== 'string' || node === '' || node.length > MAX_NODE)) {
    throw refused('history.node', `must be a text of 1 to ${MAX_NODE} characters`);
  }
  if ('dataSource' in history) readDataSource(history['dataSource']);
}

function readDataSource(dataSource: unknown): void {
  const field = 'history.dataSource';
  const remedy =
    'Give it a TypeORM DataSource or a pg.Pool; in forRootAsync() name it in inject. Leave it out to keep the history in memory.';
  requireGiven(SUBJECT, field, dataSource, remedy);
  requireMethod(SUBJECT, field, dataSource, 'query', remedy);
  const { options } = dataSource as { options?: { type?: unknown } };
  const type = options?.type;
  if (typeof type !== 'string' || /postgres|cockroach/.test(type)) return;
  throw refused(field, `must be a PostgreSQL, and not "${type}"`);
}

function refused(field: string, message: string): FleetdeckError {
  return new FleetdeckError('INVALID_INPUT', `${SUBJECT}: ${field} ${message}.`, {
    fields: [{ field, message }],
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
