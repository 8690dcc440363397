// A portal in a process of its own, which a test may kill: `node portal-process.ts <redis url>`. Prints its address;
// each line on its standard input is a number of notices to publish, at 1,000 a second.
import 'reflect-metadata';
import { createInterface } from 'node:readline';
import { startPortal } from './portal.ts';

const PER_SECOND = 1000;

const url = process.argv[2];
const { broadcaster, url: address } = await startPortal({
  drainWindowMs: 1,
  ...(url === undefined ? {} : { redis: { url } }),
});
process.stdout.write(`${address}\n`);

for await (const line of createInterface({ input: process.stdin })) {
  const count = Number(line);
  const began = performance.now();
  let published = 0;
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const due = Math.min(count, Math.floor(((performance.now() - began) * PER_SECOND) / 1000));
      for (; published < due; published += 1) {
        broadcaster.broadcast('system', { level: 'info', text: String(published + 1) });
      }
      if (published < count) return;
      clearInterval(timer);
      resolve();
    }, 1);
  });
  process.stdout.write('published\n');
}
