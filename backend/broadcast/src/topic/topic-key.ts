import type { TopicDefinition } from '@fleetdeck/dto';
import { FleetdeckError } from '@fleetdeck/kernel';

/**
 * Which value of a `latest` topic a payload is; `undefined` for a topic that has no key.
 * @throws FleetdeckError `INVALID_INPUT` when the payload lacks the field that the topic names
 */
export function keyOf(topic: string, definition: TopicDefinition, data: unknown): string | undefined {
  if (definition.key === undefined) return undefined;
  const value = isObject(data) ? data[definition.key] : undefined;
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (isObject(value)) return canonicalJson(value);
  throw new FleetdeckError(
    'INVALID_INPUT',
    `Topic "${topic}" tells its values apart by "${definition.key}", which this payload lacks; give it a string, a number or an object.`,
  );
}

/** JSON with the keys of objects in order, so that equal values have equal texts. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    isObject(part) && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
