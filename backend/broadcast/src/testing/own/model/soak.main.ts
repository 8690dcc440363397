// npm run soak -- realtime [--events N] [--seed N] [--fanout direct|stock] [--scenario PATH]
import { parseArgs } from 'node:util';
import { search } from './model.ts';

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    fanout: { type: 'string' },
    scenario: { type: 'string' },
  },
});
const EVENTS_PER_SCENARIO = 20_000;
const CLIENTS = 6;

const events = Number(values.events);
const seed = Number(values.seed);
const paths = (['direct', 'stock'] as const).filter((path) => (values.fanout ?? path) === path);
if (!(events >= 1000) || !Number.isSafeInteger(seed) || paths.length === 0) {
  process.stderr.write(
    'Give --events from 1000 up, --seed as a whole number and --fanout direct or stock.\n',
  );
  process.exit(2);
}
process.stdout.write(`realtime: ${events} events, seed ${seed}\n`);

const scenarios = Math.max(1, Math.ceil(events / EVENTS_PER_SCENARIO / paths.length));
const each = Math.min(EVENTS_PER_SCENARIO, Math.ceil(events / paths.length / scenarios));
let played = 0;
const began = performance.now();
try {
  for (const fanout of paths) {
    const sum = await search({
      seed,
      scenarios,
      fanout,
      events: each,
      clients: CLIENTS,
      ...(values.scenario === undefined ? {} : { only: values.scenario }),
      onPlayed: () => {
        played += 1;
        const seconds = Math.round((performance.now() - began) / 1000);
        process.stdout.write(`${seconds} s: ${played * each} events published and judged\n`);
      },
    });
    process.stdout.write(`${fanout}: ${JSON.stringify(sum)}, 0 gaps, 0 duplicates\n`);
  }
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
