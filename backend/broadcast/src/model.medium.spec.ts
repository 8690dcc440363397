import { describe, expect, it } from '@jest/globals';
import { search } from './testing/own/model/model.ts';

/** Each path publishes half of 20,000 messages. */
const SCENARIOS = 2;
const EVENTS = 5000;

describe.each(['direct', 'stock'] as const)('with fan-out %s', (fanout) => {
  it('each client sees exactly what was published, whatever breaks', async () => {
    const { messages, recovered, conflated, resets } = await search({
      seed: 20_260_101,
      scenarios: SCENARIOS,
      fanout,
      events: EVENTS,
      clients: 5,
    });
    // Otherwise it would have shown nothing.
    expect(messages).toBeGreaterThan(EVENTS);
    expect(recovered).toBeGreaterThan(10);
    expect(conflated).toBeGreaterThan(100);
    expect(Object.keys(resets)).toEqual(expect.arrayContaining(['epoch', 'expired', 'slow']));
  }, 120_000);
});
