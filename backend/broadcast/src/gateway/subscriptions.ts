import { Inject, Injectable, Logger, Optional } from '@nestjs/common';
import {
  matchTopic,
  type BroadcastRefusal,
  type Position,
  type ResetReason,
  type SubscribeReply,
} from '@fleetdeck/dto';
import {
  CLOCK,
  FleetdeckError,
  messageOf,
  systemClock,
  toFleetdeckError,
  type Clock,
  type Principal,
} from '@fleetdeck/kernel';
import { TopicAuthoriser } from '../access/topic-authoriser.ts';
import { BROADCAST_OPTIONS, type ResolvedBroadcastOptions } from '../broadcast.options.ts';
import { TopicStarts, type TopicStart } from '../topic/topic-starts.ts';
import { TopicStore, type OpenTopic } from '../topic/topic-store.ts';
import type { PortalClient } from './portal-client.ts';
import { refusal, toRefusal } from './refusal.ts';
import { SocketHub } from './socket-hub.ts';
import { readSubscription, readTopic } from './subscribe-request.ts';

/** How long a client with a backlog should wait before it asks for more. */
const BACKLOG_PAUSE_SECONDS = 0.5;
/** A client whose rights change this often while it subscribes is refused for the moment. */
const ATTEMPTS = 3;

/** Decides subscriptions, answers them, and takes topics away again. */
@Injectable()
export class Subscriptions {
  private readonly logger = new Logger('BroadcastModule');
  /** Subscriptions under way, by client and topic: the last one asked for counts. */
  private readonly asking = new WeakMap<PortalClient, Map<string, symbol>>();

  constructor(
    @Inject(BROADCAST_OPTIONS) private readonly options: ResolvedBroadcastOptions,
    @Inject(TopicStore) private readonly store: TopicStore,
    @Inject(TopicStarts) private readonly starts: TopicStarts,
    @Inject(TopicAuthoriser) private readonly authoriser: TopicAuthoriser,
    @Inject(SocketHub) private readonly hub: SocketHub,
    @Optional() @Inject(CLOCK) private readonly clock: Clock = systemClock,
  ) {
    hub.restart = (session, topic, reason) => void this.restart(session, topic, reason);
  }

  /**
   * Subscribes a client, again if it is so already: that is how it fills a hole. The answer, what the client missed
   * and what is published afterwards are sent in this order with nothing between.
   */
  async subscribe(
    session: PortalClient,
    request: unknown,
    reply: (answer: SubscribeReply) => void,
  ): Promise<void> {
    try {
      const { topic, position } = readSubscription(request);
      const asked = this.ask(session, topic);
      try {
        await this.admit(session, topic);
        await this.starts.begin(topic, position, session.principal, (open, start) => {
          if (!session.isAdmitted(topic)) throw tooManyChanges(topic);
          this.answer(session, open, start, position, reply, this.isAsking(session, topic, asked));
        });
      } finally {
        if (this.isAsking(session, topic, asked)) this.asked(session, topic);
      }
    } catch (thrown) {
      const error = toFleetdeckError(thrown);
      if (error.category === 'internal') this.logger.error(`A subscription failed: ${messageOf(thrown)}`);
      reply(toRefusal(error));
    }
  }

  /** Ends a subscription; one that was not there is fine. */
  unsubscribe(session: PortalClient, request: unknown): { ok: true } | BroadcastRefusal {
    try {
      const topic = readTopic(request);
      this.asked(session, topic);
      this.leave(session, topic);
      return { ok: true };
    } catch (error) {
      return toRefusal(toFleetdeckError(error));
    }
  }

  /** Ends a subscription by itself, and tells the client. Whether it was there. */
  dismiss(session: PortalClient, topic: string): boolean {
    const held = session.topics.has(topic);
    // Who is just asking for it is decided anew.
    session.forgetAdmissions();
    this.take(
      session,
      topic,
      refusal('DISCONNECTED', 'The service ended this subscription; ask for it again if it is needed.', null),
    );
    return held;
  }

  /** Goes on with a principal that was recognised anew, and takes the topics away that it may not have any more. */
  async renew(session: PortalClient, principal: Principal): Promise<void> {
    session.renew(principal);
    await Promise.all(
      [...session.topics].map(async (topic) => {
        try {
          await this.admit(session, topic);
        } catch (error) {
          this.take(session, topic, toRefusal(toFleetdeckError(error)));
        }
      }),
    );
  }

  /** Takes the topics of a pattern away from a client. What it subscribes to next is decided anew. */
  revoke(session: PortalClient, pattern: string): void {
    session.forgetAdmissions();
    const why = refusal('REVOKED', 'Your access to this topic was taken away.', null);
    for (const topic of [...session.topics]) {
      if (matchTopic({ [pattern]: { mode: 'log' } }, topic) !== null) this.take(session, topic, why);
    }
  }

  /** Ends all subscriptions of a client that has gone. */
  release(session: PortalClient): void {
    for (const topic of [...session.topics]) this.leave(session, topic);
  }

  private ask(session: PortalClient, topic: string): symbol {
    const asked = Symbol(topic);
    const own = this.asking.get(session) ?? new Map<string, symbol>();
    const { maxSubscriptionsPerClient, maxBufferedBytesPerClient } = this.options;
    const held = session.topics.size + [...own.keys()].filter((name) => !session.topics.has(name)).length;
    if (!session.topics.has(topic) && !own.has(topic) && held >= maxSubscriptionsPerClient) {
      throw new FleetdeckError(
        'LIMIT_EXCEEDED',
        `This client holds ${maxSubscriptionsPerClient} topics, which is the most; leave one first.`,
      );
    }
    if (session.bufferedBytes > maxBufferedBytesPerClient) {
      throw new FleetdeckError('RATE_LIMITED', 'Read what was sent already, then subscribe again.', {
        retryAfterSeconds: BACKLOG_PAUSE_SECONDS,
      });
    }
    own.set(topic, asked);
    this.asking.set(session, own);
    return asked;
  }

  private asked(session: PortalClient, topic: string): void {
    const own = this.asking.get(session);
    own?.delete(topic);
    if (own?.size === 0) this.asking.delete(session);
  }

  private isAsking(session: PortalClient, topic: string, asked: symbol): boolean {
    return this.asking.get(session)?.get(topic) === asked;
  }

  private async admit(session: PortalClient, topic: string): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      if (session.isAdmitted(topic)) return;
      const { rights, principal } = session;
      await this.authoriser.admit(principal, topic);
      // Decided for rights that the client may not have any more by now.
      if (session.rights === rights) session.rememberAdmission(topic);
    }
    if (!session.isAdmitted(topic)) throw tooManyChanges(topic);
  }

  private answer(
    session: PortalClient,
    topic: OpenTopic,
    { following, ...start }: TopicStart,
    position: Position | undefined,
    reply: (answer: SubscribeReply) => void,
    wanted: boolean,
  ): void {
    if (session.gone) return;
    if (position) this.count(start);
    // Before the answer: what is held back is for those who subscribed earlier.
    const channel = this.hub.channel(topic);
    channel.flush();
    reply({ ok: true, ...start });
    if (!wanted) {
      if (channel.size === 0) this.hub.leave(topic.name, session);
      return;
    }
    session.push(following);
    session.topics.add(topic.name);
    channel.join(session);
    this.hub.counters.deliveries += following.frames.length;
  }

  private async restart(session: PortalClient, name: string, reason: ResetReason): Promise<void> {
    try {
      await this.starts.begin(name, undefined, session.principal, (topic, { following, ...start }) => {
        if (session.gone || !this.hub.isLagging(name, session)) return;
        this.count({ recovered: false, reason });
        const { epoch, offset, snapshot } = start;
        session.reset({ topic: name, epoch, offset, reason, ...(snapshot ? { snapshot } : {}) });
        session.push(following);
        this.hub.channel(topic).join(session);
      });
    } catch (error) {
      this.logger.warn(`Topic "${name}" could not be started over for a client: ${messageOf(error)}`);
      session.end('INTERNAL', 'A topic could not be started over; come back and go on.', 1000);
    }
  }

  private take(session: PortalClient, topic: string, why: BroadcastRefusal): void {
    this.asked(session, topic);
    if (this.leave(session, topic)) session.revoked(topic, why);
  }

  private leave(session: PortalClient, topic: string): boolean {
    if (!session.topics.delete(topic)) return false;
    this.hub.leave(topic, session);
    this.store.touch([topic], this.clock.monotonicMs());
    return true;
  }

  private count({ recovered, reason }: { recovered: boolean; reason?: ResetReason }): void {
    if (recovered) this.hub.counters.recovered += 1;
    else if (reason) this.hub.counters.reset[reason] += 1;
  }
}

function tooManyChanges(topic: string): FleetdeckError {
  return new FleetdeckError(
    'OVERLOADED',
    `Your rights changed while topic "${topic}" was opened; ask again.`,
    {
      retryAfterSeconds: 1,
    },
  );
}
