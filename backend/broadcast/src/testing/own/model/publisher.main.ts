// The publisher of the model in a process of its own. Its record of what it published is what clients are held against.
import type { Socket } from 'node:net';
import { openControl, send } from './control.ts';
import type { Published } from './judge.ts';
import type { ModelPayload, ModelTopic } from './model-topics.ts';

/** What is to be published. */
export interface Order {
  topic: ModelTopic;
  key: string;
  text: string;
}

/** What the publisher is asked over its process channel. */
export type Request = { controlPort: number } | { batch: number; orders: Order[] } | 'record';

/** How many may be under way. */
const WINDOW = 200;
const RETRY_MS = 5;

const record: Published[] = [];
let controlPort = 0;
let node: Socket | undefined;
let run: number | undefined;
let acknowledged = -1;
let wake: () => void = () => undefined;

function connect(): void {
  run = undefined;
  node = openControl(controlPort, {
    answer: (answer) => {
      run = answer.run ?? run;
      if (answer.done !== undefined) {
        acknowledged = answer.done;
        const entry = record[answer.done];
        if (entry) entry.acknowledged = true;
      }
      wake();
    },
    ended: () => {
      run = undefined;
      acknowledged = record.length - 1;
      wake();
      setTimeout(connect, RETRY_MS);
    },
  });
}

async function publish({ topic, key, text }: Order): Promise<void> {
  while (run === undefined || record.length - 1 - acknowledged >= WINDOW) {
    await new Promise<void>((resolve) => (wake = resolve));
  }
  const id = record.length;
  const data: ModelPayload = { run, n: id, key, text };
  record.push({ run, topic, key, json: JSON.stringify(data), acknowledged: false });
  if (node) send(node, { do: 'publish', id, topic, data });
}

async function work({ batch, orders }: { batch: number; orders: Order[] }): Promise<void> {
  for (const order of orders) await publish(order);
  while (acknowledged < record.length - 1) await new Promise<void>((resolve) => (wake = resolve));
  process.send?.({ batch });
}

process.on('message', (message: Request) => {
  if (message === 'record') process.send?.({ record });
  else if ('batch' in message) void work(message);
  else {
    ({ controlPort } = message);
    connect();
  }
});
process.on('disconnect', () => process.exit(0));
