import { Logger } from '@nestjs/common';
import type { BroadcastRefusal, CloseNotice, TopicMessage, TopicReset, TopicRevoked } from '@fleetdeck/dto';
import { messageOf, type Clock, type Principal } from '@fleetdeck/kernel';
import type { ResolvedBroadcastOptions } from '../broadcast.options.ts';
import type { FrameBatch } from '../wire/message-frame.ts';
import { PortalClient, type PortalClientEvents } from './portal-client.ts';
import { TokenWatch } from './token-watch.ts';

/**
 * What a client within the service is told, one thing after the other: a handler that returns a promise is waited for
 * before the next is called. What waits meanwhile is bounded as for a socket.
 */
export interface ServiceClientHandlers {
  /** A message of a topic, in order. */
  message: (message: TopicMessage) => unknown;
  /** A topic starts over: everything known of it is void. */
  reset: (reset: TopicReset) => unknown;
  /** A topic was taken away; the client stays. */
  revoked?: (notice: TopicRevoked) => unknown;
  /** The client has ended, the last thing that it is told. */
  close?: (notice: CloseNotice) => unknown;
}

interface Waiting {
  bytes: number;
  tell: () => unknown;
}

/** A client within the service. Publishers never wait for it. */
export class LocalClient extends PortalClient {
  private readonly logger = new Logger('BroadcastModule');
  private readonly watch: TokenWatch;
  private waiting: Waiting[] = [];
  private waitingBytes = 0;
  private drained: (() => void)[] = [];
  private running = false;
  private hasFailed = false;
  private isClosed = false;

  constructor(
    readonly id: string,
    principal: Principal,
    private readonly handlers: ServiceClientHandlers,
    private readonly options: Pick<
      ResolvedBroadcastOptions,
      'maxBufferedBytesPerClient' | 'tokenNoticeMs' | 'tokenGraceMs'
    >,
    clock: Clock,
    private readonly events: PortalClientEvents,
  ) {
    super(principal, events);
    this.watch = new TokenWatch(clock, options, {
      ending: () => undefined,
      ended: () => this.end('SESSION_EXPIRED', 'The principal has expired; connect with another.', null),
    });
    this.watch.start(principal.expiresAt);
  }

  get gone(): boolean {
    return this.isClosed;
  }

  get bufferedBytes(): number {
    return this.waitingBytes;
  }

  offer(batch: FrameBatch): boolean {
    const fits = this.waitingBytes + batch.bytes.length <= this.options.maxBufferedBytesPerClient;
    if (this.waitingBytes > 0 && !fits) return false;
    this.push(batch);
    return true;
  }

  push(batch: FrameBatch): void {
    if (this.isClosed) return;
    for (const frame of batch.frames) {
      this.await(frame.bytes.length, () => this.handlers.message(frame.toMessage()));
    }
  }

  whenDrained(callback: () => void): void {
    this.drained.push(callback);
    this.run();
  }

  reset(reset: TopicReset): void {
    this.await(0, () => this.handlers.reset(reset));
  }

  revoked(topic: string, { code, message, retryAfterMs }: BroadcastRefusal): void {
    this.await(0, () => this.handlers.revoked?.({ topic, code, message, retryAfterMs }));
  }

  close(notice: CloseNotice): void {
    if (this.isClosed) return;
    this.events.closing(this);
    this.await(0, () => this.handlers.close?.(notice));
    this.isClosed = true;
    this.watch.stop();
    this.drained = [];
  }

  private await(bytes: number, tell: () => unknown): void {
    this.waiting.push({ bytes, tell });
    this.waitingBytes += bytes;
    this.run();
  }

  private run(): void {
    if (this.running) return;
    this.running = true;
    // Not now: who publishes, or subscribes, goes on first.
    setImmediate(() => void this.tellAll());
  }

  private async tellAll(): Promise<void> {
    for (;;) {
      const told = this.waiting;
      this.waiting = [];
      for (const { bytes, tell } of told) {
        await this.tell(tell);
        this.waitingBytes -= bytes;
      }
      if (this.waitingBytes * 2 < this.options.maxBufferedBytesPerClient) {
        for (const callback of this.drained.splice(0)) callback();
      }
      if (this.waiting.length === 0 && this.drained.length === 0) break;
      await new Promise(setImmediate);
    }
    this.running = false;
  }

  private async tell(call: () => unknown): Promise<void> {
    try {
      await call();
    } catch (error) {
      if (this.hasFailed) return;
      this.hasFailed = true;
      this.logger.error(
        `A handler of client ${this.id} threw, which is said once: ${messageOf(error)}. The client goes on.`,
      );
    }
  }
}
