import { BROADCAST_CODES, type BroadcastCodeName } from '@fleetdeck/dto';
import { FleetdeckError, type Clock } from '@fleetdeck/kernel';
import { cutAfter, GOODBYE_MS } from '../limits/cut-after.ts';
import { TokenBucket } from '../limits/token-bucket.ts';
import { wakeAfter } from '../limits/wake-after.ts';
import { Internals, type EngineConnection } from '../wire/internals.ts';
import type { ClientSession } from './client-session.ts';
import { AUTH_DEADLINE_MS } from './handshake.ts';
import { HeartbeatWatch } from './heartbeat-watch.ts';
import { titleOf } from './refusal.ts';

/** Frames of any kind that one connection may send: more than all verbs together ever need. */
const FRAMES = { burst: 2000, perSecond: 200 };
/** Packets of the engine's protocol that only a server sends, and `error`, which stands for what is none. */
const FOREIGN_PACKETS: ReadonlySet<string> = new Set(['open', 'ping', 'error']);
/** A connection that was too fast for long stays away for this time. */
const ABUSE_PAUSE_MS = 10_000;

const GUARD = Symbol('guard');

interface Guarded extends EngineConnection {
  [GUARD]?: ConnectionGuard;
}

/**
 * Stands below one connection from its upgrade to its end: whatever ends it, a client learns by which number. socket.io
 * would close without one, and lets frames through that are none of its events.
 */
export class ConnectionGuard {
  /** Who it is, once welcomed. */
  session: ClientSession | undefined;
  private readonly frames: TokenBucket;
  private readonly heartbeat: HeartbeatWatch;
  private callOff: (() => void) | undefined;
  private hasArrived = false;

  /** The guard of a connection. */
  static of(connection: EngineConnection): ConnectionGuard | undefined {
    return (connection as Guarded)[GUARD];
  }

  /**
   * @param heartbeatTimeoutMs how long a sign of life may take, in milliseconds
   * @param refused is told why a connection ends that nobody was recognised on
   */
  constructor(
    private readonly connection: EngineConnection,
    private readonly clock: Clock,
    heartbeatTimeoutMs: number,
    private readonly refused: (error: FleetdeckError) => void,
  ) {
    this.frames = new TokenBucket(FRAMES.burst, FRAMES.perSecond, clock.monotonicMs());
    this.callOff = wakeAfter(clock, AUTH_DEADLINE_MS, () =>
      this.refuse('TIMED_OUT', 'No CONNECT came in time; connect again and send it at once.'),
    );
    // From the upgrade on: a sign of life may be due before the client is welcomed.
    this.heartbeat = new HeartbeatWatch(heartbeatTimeoutMs, this);
    (connection as Guarded)[GUARD] = this;
    // The same functions for all connections: those of its own would make each one larger.
    connection.on('packet', onPacket);
    connection.on('packetCreate', onPacketCreate);
    connection.on('close', onClose);
    connection.close = closeBrokenProtocol;
  }

  /**
   * Notes that the connection has sent its CONNECT.
   * @throws FleetdeckError `INVALID_INPUT` when it is not the first
   */
  arrive(): void {
    this.stopWaiting();
    if (this.hasArrived) {
      throw new FleetdeckError('INVALID_INPUT', 'There is one CONNECT on a connection; open another one.');
    }
    this.hasArrived = true;
  }

  /** Closes the WebSocket with a number, and cuts a connection that does not listen. */
  close(code: number): void {
    const network = this.connection.request.socket;
    const internals = Internals.of(this.connection, network);
    if (internals) internals.close(code, titleOf(code));
    cutAfter(network, GOODBYE_MS);
  }

  /** The connection sent a packet. */
  received(type: string): void {
    this.judge(type);
    this.heartbeat.received(type);
  }

  /** The connection is sent a packet. */
  sends(type: string): void {
    this.heartbeat.sends(type);
  }

  /** Says why, where it breaks the protocol. */
  breaksProtocol(): void {
    this.refuse('INVALID_INPUT', 'A frame was not valid; send what the wire protocol names.');
  }

  /** The client owes its sign of life. */
  missHeartbeat(): void {
    if (this.session) this.session.cutSilent();
    else this.close(BROADCAST_CODES.HEARTBEAT_MISSED.number);
  }

  /** Waits for nothing any more. */
  stop(): void {
    this.stopWaiting();
    this.heartbeat.stop();
  }

  private stopWaiting(): void {
    this.callOff?.();
    this.callOff = undefined;
  }

  private judge(type: string): void {
    if (FOREIGN_PACKETS.has(type)) {
      this.breaksProtocol();
      // The engine closes right after this, without a number, and does not wait for what is queued.
      this.close(BROADCAST_CODES.INVALID_INPUT.number);
    } else if (this.frames.take(this.clock.monotonicMs()) > 0) {
      this.refuse('RATE_LIMITED', 'This client sends too many frames; come back later.');
    }
  }

  private refuse(name: BroadcastCodeName & FleetdeckError['code'], sentence: string): void {
    if (this.session) {
      if (this.session.gone) return;
      this.session.end(name, sentence, name === 'RATE_LIMITED' ? ABUSE_PAUSE_MS : null);
      return;
    }
    this.stop();
    this.refused(new FleetdeckError(name, sentence));
    this.close(BROADCAST_CODES[name].number);
  }
}

function onPacket(this: Guarded, { type }: { type: string }): void {
  this[GUARD]?.received(type);
}

function onPacketCreate(this: Guarded, { type }: { type: string }): void {
  this[GUARD]?.sends(type);
}

function onClose(this: Guarded): void {
  this[GUARD]?.stop();
}

// socket.io closes a connection itself only where a frame breaks its protocol.
function closeBrokenProtocol(this: Guarded, discard?: boolean): void {
  this[GUARD]?.breaksProtocol();
  (Object.getPrototypeOf(this) as EngineConnection).close.call(this, discard);
}
