import {
  type BroadcastCodeName,
  type BroadcastRefusal,
  type CloseNotice,
  type TopicReset,
} from '@fleetdeck/dto';
import type { Principal } from '@fleetdeck/kernel';
import type { ChannelMember } from '../fanout/topic-channel.ts';
import type { FrameBatch } from '../wire/message-frame.ts';
import { closeNotice } from './refusal.ts';

/** The most admissions that are remembered for one client. */
const MAX_REMEMBERED = 1000;

/** What the gateway is told about a client. */
export interface PortalClientEvents {
  /** It does not read what it is sent, and is disconnected. */
  slow(client: PortalClient): void;
  /** It is about to be closed, and gets nothing more of its topics. */
  closing(client: PortalClient): void;
}

/** Whoever follows topics, on a socket or within the service: who it is and what it may have. */
export abstract class PortalClient implements ChannelMember {
  readonly topics = new Set<string>();
  /** Goes up whenever what the client may have can have changed. */
  rights = 0;
  private admitted: Set<string> | undefined;
  private current: Principal;

  constructor(
    principal: Principal,
    private readonly told: PortalClientEvents,
  ) {
    this.current = principal;
  }

  abstract get id(): string;
  /** Whether it has gone, or is being closed. */
  abstract get gone(): boolean;
  /** Bytes that wait because the client does not take them. */
  abstract get bufferedBytes(): number;
  abstract offer(batch: FrameBatch): boolean;
  abstract push(batch: FrameBatch): void;
  abstract whenDrained(callback: () => void): void;
  /** Starts a topic over, after all that was sent before. */
  abstract reset(reset: TopicReset): void;
  /** Tells that a topic was taken away. */
  abstract revoked(topic: string, why: BroadcastRefusal): void;
  /** Says why and ends it; the first time counts. */
  abstract close(notice: CloseNotice): void;

  get principal(): Principal {
    return this.current;
  }

  /** Goes on with a principal that was recognised anew. */
  renew(principal: Principal): void {
    this.current = principal;
    this.forgetAdmissions();
  }

  isAdmitted(topic: string): boolean {
    return this.admitted?.has(topic) ?? false;
  }

  rememberAdmission(topic: string): void {
    if (!this.admitted || this.admitted.size >= MAX_REMEMBERED) this.admitted = new Set();
    this.admitted.add(topic);
  }

  forgetAdmissions(): void {
    this.rights += 1;
    this.admitted = undefined;
  }

  /** Disconnects it because it does not read. It comes back by its positions. */
  cutSlow(): void {
    if (this.gone) return;
    this.told.slow(this);
    this.end('SLOW', 'This client does not read what it is sent; come back and go on.', 0);
  }

  /** {@link close} with a code by its name. */
  end(name: BroadcastCodeName, reason: string, retryAfterMs: number | null): void {
    this.close(closeNotice(name, reason, retryAfterMs));
  }
}
