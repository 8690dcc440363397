// npm run bench -- [name…] [--smoke] [--keep]: builds what each bench needs, runs it, prints a table and one last line of JSON.
// With --keep, and when all run, what has a verdict goes into the table that the catalog shows.
// Exit code 0 when every result is within its bound, 1 when one is not, 2 when it could not be measured.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../run.mjs';
import { formatResults, Unmeasurable } from './results.mjs';

const BENCHES = join(ROOT, 'tools/bench/benches');
const TABLE = join(ROOT, '.storybook/docs/benchmarks.json');
const names = readdirSync(BENCHES).map((file) => file.replace(/\.mjs$/, ''));

const args = process.argv.slice(2);
const smoke = args.includes('--smoke');
const wanted = args.filter((arg) => !arg.startsWith('--'));
const unknown = wanted.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`There is no bench "${unknown.join('", "')}"; there are ${names.join(', ')}.\n`);
  process.exit(2);
}

const keep = !smoke && (args.includes('--keep') || wanted.length === 0);
let exitCode = 0;
for (const name of wanted.length > 0 ? wanted : names) {
  const report = await runBench(name);
  exitCode = Math.max(exitCode, report.exitCode);
  if (keep && report.exitCode !== 2) keepInTable(report.json);
}
process.exit(exitCode);

function keepInTable(json) {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const measured = { measuredAt: new Date().toISOString().slice(0, 10), node: process.version, version };
  const { benches } = JSON.parse(readFileSync(TABLE, 'utf8'));
  const others = benches.filter(({ bench }) => bench !== json.bench && names.includes(bench));
  const table = {
    benches: [...others, { ...measured, ...json }].sort((a, b) => (a.bench < b.bench ? -1 : 1)),
  };
  writeFileSync(TABLE, `${JSON.stringify(table, null, 2)}\n`);
}

async function runBench(name) {
  const { default: bench } = await import(join(BENCHES, `${name}.mjs`));
  try {
    // Without a verdict the figures are only shown: the run was a short one, or the bench says why it is not sure.
    const { pairs = 1, results, notes = {}, verdict = true, reason } = await bench({ smoke });
    const doubt = { ...(verdict ? {} : { verdict }), ...(reason === undefined ? {} : { reason }) };
    const json = { bench: name, pairs, ...notes, ...doubt, results };
    process.stdout.write(`\n${formatResults(name, json)}\n${JSON.stringify(json)}\n`);
    if (reason !== undefined) process.stderr.write(`${name} could not be measured: ${reason}\n`);
    const missed = verdict && results.some((result) => !result.ok);
    return { json, exitCode: reason !== undefined ? 2 : missed ? 1 : 0 };
  } catch (thrown) {
    if (!(thrown instanceof Unmeasurable)) throw thrown;
    process.stderr.write(`${name} could not be measured: ${thrown.message}\n`);
    return { json: { bench: name, pairs: 0, results: [], reason: thrown.message }, exitCode: 2 };
  }
}
