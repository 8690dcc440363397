import type { Position, ResetReason } from '@fleetdeck/dto';
import type { BroadcastCounters } from '../broadcast.counters.ts';
import type { OpenTopic } from '../topic/topic-store.ts';
import { FrameBatch, type MessageFrame } from '../wire/message-frame.ts';

/** Held messages are written before their window ends once they are this many bytes. */
const MAX_HELD_BYTES = 262_144;

/** A client as its topics see it. */
export interface ChannelMember {
  /** Sends unless too much waits for the client already; whether it was sent. */
  offer(batch: FrameBatch): boolean;
  push(batch: FrameBatch): void;
  whenDrained(callback: () => void): void;
}

/** What a channel cannot do by itself. */
export interface ChannelEvents<M> {
  /** The client does not keep up and its topic's policy is to disconnect it. */
  cut(member: M): void;
  /** The client reads again and must start over; `join` it then. */
  restart(member: M, topic: string, reason: ResetReason): void;
}

/** The subscribers of one topic on this node: who gets its messages, when and how many in one write. */
export class TopicChannel<M extends ChannelMember> {
  private readonly members = new Set<M>();
  /** Clients that do not keep up, and the position up to which they were sent everything. */
  private readonly lagging = new Map<M, Position>();
  /** What waits for the end of the window; of a `latest` topic by key. */
  private held = new Map<string | number, MessageFrame>();
  private heldBytes = 0;
  private window: NodeJS.Timeout | undefined;
  private epoch: string;
  private sentThrough: number;

  constructor(
    private readonly topic: OpenTopic,
    private readonly counters: BroadcastCounters,
    private readonly events: ChannelEvents<M>,
  ) {
    ({ epoch: this.epoch, offset: this.sentThrough } = topic.log.position);
  }

  get size(): number {
    return this.members.size + this.lagging.size;
  }

  /** Whether a client missed messages because it does not keep up. */
  isLagging(member: M): boolean {
    return this.lagging.has(member);
  }

  /** Adds a client that has everything up to the topic's position. */
  join(member: M): void {
    this.flush();
    this.lagging.delete(member);
    this.members.add(member);
  }

  leave(member: M): void {
    this.members.delete(member);
    this.lagging.delete(member);
    if (this.size === 0) this.close();
  }

  /** Sends a message that was just appended to the topic's log, at once or with others when its window ends. */
  publish(frame: MessageFrame, key: string | undefined): void {
    const { windowMs } = this.topic.policy;
    if (windowMs === 0) {
      this.send([frame]);
    } else if (this.window === undefined) {
      this.send([frame]);
      this.openWindow(windowMs);
    } else {
      this.hold(frame, key);
    }
  }

  /** The topic goes on with another log, which was just put in its place: everyone starts over. */
  startOver(reason: ResetReason): void {
    this.flush();
    const before = { epoch: this.epoch, offset: this.sentThrough };
    ({ epoch: this.epoch, offset: this.sentThrough } = this.topic.log.position);
    for (const member of [...this.members]) {
      this.members.delete(member);
      this.lagging.set(member, before);
      this.events.restart(member, this.topic.name, reason);
    }
  }

  /** Sends what waits for the end of the window. */
  flush(): void {
    if (this.held.size === 0) return;
    const frames = [...this.held.values()];
    this.held = new Map();
    this.heldBytes = 0;
    this.send(frames);
  }

  close(): void {
    clearTimeout(this.window);
    this.window = undefined;
    this.held.clear();
    this.heldBytes = 0;
  }

  private openWindow(ms: number): void {
    this.window = setTimeout(() => {
      this.window = undefined;
      if (this.held.size === 0) return;
      this.flush();
      if (this.size > 0) this.openWindow(ms);
    }, ms);
    this.window.unref();
  }

  private hold(frame: MessageFrame, key: string | undefined): void {
    if (this.topic.definition.mode === 'latest') {
      // Deleted first, so that messages stay in the order of their offsets.
      if (this.held.delete(key ?? '')) this.counters.conflated += this.members.size;
      this.held.set(key ?? '', frame);
    } else {
      this.held.set(this.held.size, frame);
    }
    this.heldBytes += frame.bytes.length;
    if (this.heldBytes >= MAX_HELD_BYTES) this.flush();
  }

  private send(frames: MessageFrame[]): void {
    const before = this.sentThrough;
    this.sentThrough = frames.at(-1)?.offset ?? before;
    const batch = new FrameBatch(frames);
    for (const member of this.members) {
      if (!member.offer(batch)) this.overflow(member, before);
    }
    this.counters.deliveries += this.members.size * frames.length;
    this.counters.slowSkipped += this.lagging.size * frames.length;
  }

  private overflow(member: M, before: number): void {
    this.members.delete(member);
    if (this.topic.policy.slow === 'disconnect') {
      this.events.cut(member);
      return;
    }
    this.lagging.set(member, { epoch: this.epoch, offset: before });
    member.whenDrained(() => this.catchUp(member));
  }

  private catchUp(member: M): void {
    const since = this.lagging.get(member);
    if (since === undefined) return;
    const { name, log, policy } = this.topic;
    if (policy.slow === 'reset') {
      this.events.restart(member, name, 'slow');
      return;
    }
    this.flush();
    const { recovered, messages } = log.since(since, 0);
    if (!recovered) {
      this.events.restart(member, name, 'slow');
      return;
    }
    const frames = messages.map((message) => this.topic.frame(message));
    member.push(new FrameBatch(frames));
    this.counters.deliveries += frames.length;
    this.join(member);
  }
}
