import fc from 'fast-check';
import { MODEL_TOPICS, type ModelTopic } from './model-topics.ts';

/** What goes wrong for everyone. */
export interface NodeFault {
  kind: 'none' | 'restart' | 'kill-node';
}

/** What goes wrong in one step. Clients are numbers, taken modulo how many there are. */
export type Fault =
  | NodeFault
  | { kind: 'drop' | 'freeze' | 'pause' | 'thaw' | 'expire'; client: number }
  | { kind: 'revoke'; client: number; topic: ModelTopic };

/** A message that is published again and again; a number stands for so many characters. */
export interface Ingredient {
  topic: ModelTopic;
  key: string;
  text: string | number;
}

/** Something is published, and meanwhile something goes wrong. */
export interface Step {
  /** How much of all events is published here, in proportion to the other steps. */
  weight: number;
  /** Which topics, and how often; each of its own key and text. */
  mix: Ingredient[];
  fault: Fault;
  /** Milliseconds from the beginning of publishing until the fault. */
  delayMs: number;
}

export type Scenario = Step[];

const client = fc.nat(99);
const topic = fc.constantFrom(...MODEL_TOPICS);
const text = fc.oneof<fc.MaybeWeightedArbitrary<string | number>[]>(
  { weight: 6, arbitrary: fc.string({ maxLength: 40 }) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
  { weight: 1, arbitrary: fc.constantFrom('"', '\\', '\u2028', '42["message",{}]', '__proto__', '') },
  { weight: 1, arbitrary: fc.integer({ min: 200, max: 3000 }) },
);
const key = fc.constantFrom('a', 'b', 'c', '"quoted"', '__proto__', 'ключ');

const fault: fc.Arbitrary<Fault> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Fault>({ kind: 'none' }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('drop' as const), client }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('freeze' as const, 'pause' as const), client }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('thaw' as const), client }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('expire' as const), client }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('revoke' as const), client, topic }) },
  { weight: 1, arbitrary: fc.constantFrom<Fault>({ kind: 'restart' }, { kind: 'kill-node' }) },
);

/** Scenarios of some 20 steps. */
export const scenarios: fc.Arbitrary<Scenario> = fc.array(
  fc.record({
    weight: fc.integer({ min: 1, max: 20 }),
    mix: fc.array(fc.record({ topic, key, text }), { minLength: 1, maxLength: 12 }),
    fault,
    delayMs: fc.nat(30),
  }),
  { minLength: 18, maxLength: 24 },
);

/** A scenario in few lines, to be read. */
export function tell(scenario: Scenario): string {
  return scenario
    .map(({ weight, mix, fault, delayMs }, i) => {
      const topics = [...new Set(mix.map(({ topic: name }) => name))].join(' ');
      const { kind, ...whom } = fault;
      const who = Object.values(whom).join(' ');
      return `${i}: ${weight} parts of ${topics}; after ${delayMs} ms ${kind} ${who}`.trimEnd();
    })
    .join('\n');
}
