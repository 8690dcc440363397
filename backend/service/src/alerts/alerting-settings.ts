import { readFileSync } from 'node:fs';
import {
  logSink,
  parseAlertingSettings,
  webhookSink,
  type AlertingOptions,
  type AlertingSettings,
  type NoticeSink,
} from '@fleetdeck/alerting';
import { messageOf } from '@fleetdeck/kernel';
import type { Environment } from '../environment/environment.ts';
import { StartError } from '../start-error.ts';
import { DEFAULT_RULES } from './default-rules.ts';

const MAX_FILE_LENGTH = 1_000_000;

/**
 * What people are told of, and where: from the file that FLEETDECK_ALERTS_FILE names, else the service's own rules.
 * @throws StartError that says in a sentence what is wrong with the file or the webhook
 */
export function alertingSettings({
  alertsFile,
  alertWebhook,
}: Pick<Environment, 'alertsFile' | 'alertWebhook'>): AlertingSettings & Pick<AlertingOptions, 'sinks'> {
  const sinks = [logSink()];
  if (alertWebhook !== null) {
    sinks.push(worded('FLEETDECK_ALERT_WEBHOOK_URL', () => webhookSink(alertWebhook)));
  }
  const settings = alertsFile === null ? {} : readFile(alertsFile, sinks);
  return { ...settings, rules: settings.rules ?? DEFAULT_RULES, sinks };
}

function readFile(file: string, sinks: readonly NoticeSink[]): AlertingSettings {
  return worded(`FLEETDECK_ALERTS_FILE ${file}`, () => {
    const text = readFileSync(file, 'utf8');
    if (text.length > MAX_FILE_LENGTH) throw new Error('it is longer than a megabyte; split the rules.');
    return parseAlertingSettings(JSON.parse(text), sinks);
  });
}

function worded<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    throw new StartError(`${what}: ${messageOf(thrown)}`, { cause: thrown });
  }
}
