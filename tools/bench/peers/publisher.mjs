// What every server of the realtime benches does alike: it publishes as it is told and says what that cost.
const LISTEN_BACKLOG = 4096;
const PAD = 'x'.repeat(65_536);
const GC_ROUNDS = 4;

/** Microseconds of the machine's monotonic clock, which the load client reads too. */
const nowUs = () => Number(process.hrtime.bigint() / 1000n);

/**
 * Listens on a free port of the loopback, says so, and obeys its parent.
 * @param {import('node:http').Server} http
 * @param {{ publish: (event: object) => void, more?: Record<string, (request: object) => unknown> }} actions
 *   `publish` sends one event to all; `more` are commands of this server's own
 */
export async function serve(http, { publish, more = {} }) {
  await new Promise((resolve) =>
    http.listen({ host: '127.0.0.1', port: 0, backlog: LISTEN_BACKLOG }, resolve),
  );
  let seq = 0;

  function send(bytes, timeUs) {
    seq += 1;
    const event = { seq, t: timeUs, pad: '' };
    event.pad = PAD.slice(0, Math.max(0, bytes - JSON.stringify(event).length));
    publish(event);
  }

  /** One event after the other for a time, with a turn of the event loop between. */
  async function flood({ ms, bytes }) {
    const before = seq;
    const until = performance.now() + ms;
    while (performance.now() < until) {
      send(bytes, nowUs());
      await new Promise(setImmediate);
    }
    return seq - before;
  }

  /** A number of events at even distances; the time in each is when it was due, however late it is sent. */
  async function paced({ events, perSecond, bytes }) {
    const beganUs = nowUs();
    for (let sent = 0; sent < events;) {
      const aheadUs = beganUs + (sent * 1e6) / perSecond - nowUs();
      if (aheadUs > 0) {
        await new Promise((resolve) => setTimeout(resolve, Math.ceil(aheadUs / 1000)));
      } else {
        send(bytes, Math.round(beganUs + (sent * 1e6) / perSecond));
        sent += 1;
        await new Promise(setImmediate);
      }
    }
    return events;
  }

  const measured = (work) => async (request) => {
    const began = performance.now();
    const before = process.cpuUsage();
    const events = await work(request);
    const { user, system } = process.cpuUsage(before);
    return { events, seq, cpuUs: user + system, wallMs: performance.now() - began };
  };
  const actions = {
    flood: measured(flood),
    paced: measured(paced),
    usage: () => {
      const { user, system } = process.cpuUsage();
      return { seq, cpuUs: user + system };
    },
    memory: async () => {
      for (let round = 0; round < GC_ROUNDS; round += 1) {
        globalThis.gc();
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      const { rss, heapUsed } = process.memoryUsage();
      return { rss, heapUsed };
    },
    ...more,
  };
  process.on('message', async ({ id, action, ...request }) => {
    process.send({ id, ...(await actions[action](request)) });
  });
  process.on('disconnect', () => process.exit(0));
  process.send({ ready: http.address().port });
}
