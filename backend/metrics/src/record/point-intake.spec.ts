import { describe, expect, it } from '@jest/globals';
import type { FleetdeckError } from '@fleetdeck/kernel';
import type { MetricRegistry } from '../registry/metric-registry.ts';
import { PointIntake } from './point-intake.ts';

/** An intake for which nobody declared a metric, and the names for which nearest ones were looked for. */
function setUp() {
  const lookedFor: string[] = [];
  const registry = {
    get: () => undefined,
    hint: (name: string) => {
      lookedFor.push(name);
      return ` (did you mean "${name}s"?)`;
    },
  } as unknown as MetricRegistry;
  const options = { undeclared: 'refuse', maxLateHours: 26, maxSeriesPerMetric: 10 } as const;
  const intake = new PointIntake(registry, options);
  const messagesOf = (names: readonly string[]): string[] => {
    try {
      intake.batchOf(
        names.map((name) => ({ name, value: 1 })),
        0,
      );
      return [];
    } catch (thrown) {
      return ((thrown as FleetdeckError).fields ?? []).map(({ message }) => message);
    }
  };
  return { lookedFor, messagesOf };
}

describe('a batch of points of names that nobody declared', () => {
  it('looks once for the names nearest to each', () => {
    const { lookedFor, messagesOf } = setUp();
    const messages = messagesOf(Array.from({ length: 100 }, () => 'cpu'));
    expect(lookedFor).toEqual(['cpu']);
    expect(new Set(messages)).toEqual(new Set(['is "cpu", which nobody declared (did you mean "cpus"?)']));
  });

  it('looks for those of a few names only, since that takes long and others wait', () => {
    const { lookedFor, messagesOf } = setUp();
    const names = Array.from({ length: 100 }, (_, i) => `cpu${i}`);
    const messages = messagesOf(names);
    expect(lookedFor).toEqual(names.slice(0, 5));
    expect(messages[4]).toContain('did you mean');
    expect(messages[5]).toBe('is "cpu5", which nobody declared');
  });
});
