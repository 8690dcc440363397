import type { AlertLabels } from '@fleetdeck/dto';

/** The labels by which alerts of one rule differ, in short; its name and severity are shown by themselves. */
export function labelsText(labels: AlertLabels): string {
  return Object.entries(labels)
    .filter(([name]) => name !== 'rule' && name !== 'severity')
    .map(([name, value]) => `${name}=${value}`)
    .join(', ');
}
