import { createHash } from 'node:crypto';
import { labelsProblem, type MetricLabels } from '@fleetdeck/dto';

/** Labels of the series that takes what is beyond the cap of a metric. */
export const OTHER_LABELS: MetricLabels = Object.freeze({ other: 'true' });

/** One text for each label set, whatever the order of its names. */
export function canonicalLabels(labels: MetricLabels): string {
  const names = Object.keys(labels);
  if (names.length > 1) names.sort();
  let text = '{';
  for (const name of names) {
    if (text.length > 1) text += ',';
    text += `${JSON.stringify(name)}:${JSON.stringify(labels[name])}`;
  }
  return `${text}}`;
}

/** What stands for a label set in the unique index, where a whole one could be too long. */
export function labelsHash(canonical: string): string {
  return createHash('sha256').update(canonical).digest('hex').slice(0, 32);
}

/**
 * Says what is wrong with the labels of a series, in words that follow the name of the field, or `null`.
 * @param allowed names that the metric declares; `null` when nobody declared it
 */
export function seriesLabelsProblem(labels: unknown, allowed: ReadonlySet<string> | null): string | null {
  const problem = labelsProblem(labels);
  if (problem !== null) return problem;
  for (const [name, value] of Object.entries(labels as MetricLabels)) {
    if (allowed && !allowed.has(name)) {
      return `must not have the label "${name.slice(0, 60)}"; the metric declares ${[...allowed].join(', ') || 'none'}`;
    }
    // PostgreSQL cannot hold half of a character.
    if (/\p{Surrogate}/u.test(value))
      return `must have well-formed texts as values; that of "${name}" is not one`;
  }
  return null;
}
