import { createHash } from 'node:crypto';
import { messageOf } from '@fleetdeck/kernel';
import { loadRedis, type MakeRedisClient, type RedisClient } from './redis-client.ts';
import type { ResolvedRedisOptions } from './redis.options.ts';
import { APPEND, READ } from './topic-scripts.ts';

/** The least and the most time between two attempts to connect, and what the time grows from. */
const BACK_OFF = { leastMs: 20, baseMs: 100, mostMs: 5000 };
/** A connection that held this long is a good one: the next attempt comes soon. */
const SETTLED_MS = 5000;
const PROBE_KEEPS_MS = 10_000;

/** What a {@link RedisLink} tells. */
export interface RedisLinkEvents {
  /** Redis answers and takes writes. `sameServer` is `false` when it may hold other data than before. */
  up(sameServer: boolean): void;
  /** It does not any more. Comes once after each `up`, and once when the first attempt fails. */
  down(reason: string): void;
}

interface Session {
  commands: RedisClient;
  subscriber: RedisClient;
  /** Who listens to a channel, and when that is so, or no longer so. */
  channels: Map<string, { listener: ((payload: string) => void) | null; settled: Promise<unknown> }>;
}

/**
 * The two connections to Redis, commands and subscriptions, which live and die together. A command past its deadline
 * ends both: what waits behind it would come in an order that nobody knows.
 */
export class RedisLink {
  private session: Session | null = null;
  private make: MakeRedisClient | undefined;
  private attempts = 0;
  private upSinceMs = 0;
  private server: string | null = null;
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;
  private toldDown = false;

  constructor(
    private readonly options: ResolvedRedisOptions,
    private readonly events: RedisLinkEvents,
    private readonly load: () => Promise<MakeRedisClient> = loadRedis,
    private readonly random: () => number = Math.random,
  ) {}

  get isUp(): boolean {
    return this.session !== null;
  }

  /**
   * Makes the first attempt; resolves when it has ended either way.
   * @throws Error when the package `redis` is not installed
   */
  async start(): Promise<void> {
    this.make = await this.load();
    await this.attempt();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    const { session } = this;
    this.session = null;
    if (session) cut(session);
  }

  /** Sends one command. Its failure, or no answer in time, ends the connection. */
  command(...args: string[]): Promise<unknown> {
    return this.guard((session) => session.commands.sendCommand(args));
  }

  /** Runs a script, sending its text only to a Redis that does not know it. */
  script(script: string, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    const rest = [String(keys.length), ...keys, ...args];
    return this.guard(async ({ commands }) => {
      try {
        return await commands.sendCommand(['EVALSHA', shaOf(script), ...rest]);
      } catch (error) {
        if (!messageOf(error).startsWith('NOSCRIPT')) throw error;
        return commands.sendCommand(['EVAL', script, ...rest]);
      }
    });
  }

  /** Hears a channel until the connection ends; who listened to it before no longer does. */
  async subscribe(channel: string, listener: (payload: string) => void): Promise<void> {
    await this.guard(({ channels, subscriber }) => {
      const known = channels.get(channel);
      if (known?.listener) {
        known.listener = listener;
        return known.settled;
      }
      const hear = (payload: string): void => {
        if (this.session?.channels === channels) channels.get(channel)?.listener?.(payload);
      };
      const left = known ? known.settled : Promise.resolve();
      const settled = left.then(() => subscriber.subscribe(channel, hear));
      channels.set(channel, { listener, settled });
      return settled;
    });
  }

  async unsubscribe(channel: string): Promise<void> {
    await this.guard(async ({ channels, subscriber }) => {
      const known = channels.get(channel);
      if (!known?.listener) return;
      const leaving = { listener: null, settled: known.settled.then(() => subscriber.unsubscribe(channel)) };
      channels.set(channel, leaving);
      await leaving.settled;
      if (channels.get(channel) === leaving) channels.delete(channel);
    });
  }

  /** Ends the connection because of what came over it. */
  fail(reason: string): void {
    if (this.session) this.lose(this.session, reason);
  }

  private async guard<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const { session } = this;
    if (!session) throw new Error('Redis is not connected');
    try {
      return await this.inTime(work(session));
    } catch (error) {
      this.lose(session, messageOf(error));
      throw error;
    }
  }

  private inTime<T>(work: Promise<T>): Promise<T> {
    const ms = this.options.commandTimeoutMs;
    return new Promise<T>((resolve, reject) => {
      const late = (): void => reject(new Error(`no answer within ${ms} ms`));
      // After what has arrived is read: it may be this process that was busy.
      const timer = setTimeout(() => setImmediate(late), ms);
      work.then(resolve, reject).finally(() => clearTimeout(timer));
    });
  }

  private async attempt(): Promise<void> {
    if (this.stopped || !this.make) return;
    const { url, commandTimeoutMs } = this.options;
    const made: Session = {
      commands: this.make(url, commandTimeoutMs),
      subscriber: this.make(url, commandTimeoutMs),
      channels: new Map(),
    };
    for (const client of [made.commands, made.subscriber]) {
      client.on('error', (error) => this.lose(made, messageOf(error)));
      client.on('end', () => this.lose(made, 'the connection ended'));
    }
    try {
      const server = await this.inTime(this.greet(made));
      if (this.stopped) throw new Error('stopped');
      const sameServer = server !== null && (this.server === null || server === this.server);
      this.server = server;
      this.session = made;
      this.upSinceMs = performance.now();
      this.toldDown = false;
      this.beat(made);
      this.events.up(sameServer);
    } catch (error) {
      cut(made);
      this.tellDown(messageOf(error));
      this.retry();
    }
  }

  // Everything that a node will need, so that a Redis that lacks it never counts as there.
  private async greet({ commands, subscriber }: Session): Promise<string | null> {
    await Promise.all([commands.connect(), subscriber.connect()]);
    const { prefix } = this.options;
    await commands.sendCommand(['SET', `${prefix}probe`, '1', 'PX', String(PROBE_KEEPS_MS)]);
    for (const script of [APPEND, READ]) await commands.sendCommand(['SCRIPT', 'LOAD', script]);
    try {
      const info = await commands.sendCommand(['INFO', 'server']);
      return /^run_id:(\w+)/m.exec(String(info))?.[1] ?? null;
    } catch {
      // Some hosts hide it: then each return is looked at as if it were another server.
      return null;
    }
  }

  private beat(session: Session): void {
    const { commandTimeoutMs } = this.options;
    this.timer = setTimeout(() => {
      if (this.session !== session) return;
      this.inTime(Promise.all([session.commands.ping(), session.subscriber.ping()])).then(
        () => this.session === session && this.beat(session),
        (error: unknown) => this.lose(session, messageOf(error)),
      );
    }, commandTimeoutMs);
    this.timer.unref();
  }

  private lose(session: Session, reason: string): void {
    if (this.session !== session) return;
    this.session = null;
    cut(session);
    if (performance.now() - this.upSinceMs > SETTLED_MS) this.attempts = 0;
    this.tellDown(reason);
    this.retry();
  }

  private tellDown(reason: string): void {
    if (this.toldDown || this.stopped) return;
    this.toldDown = true;
    this.events.down(reason);
  }

  private retry(): void {
    if (this.stopped) return;
    clearTimeout(this.timer);
    const { leastMs, baseMs, mostMs } = BACK_OFF;
    const ms = leastMs + this.random() * Math.min(mostMs, baseMs * 2 ** this.attempts);
    this.attempts = Math.min(this.attempts + 1, 16);
    this.timer = setTimeout(() => void this.attempt(), ms);
    this.timer.unref();
  }
}

const shas = new Map<string, string>();

function shaOf(script: string): string {
  let sha = shas.get(script);
  if (sha === undefined) {
    sha = createHash('sha1').update(script).digest('hex');
    shas.set(script, sha);
  }
  return sha;
}

function cut({ commands, subscriber }: Session): void {
  for (const client of [commands, subscriber]) {
    try {
      client.destroy();
    } catch {
      // It was not connected any more.
    }
  }
}
