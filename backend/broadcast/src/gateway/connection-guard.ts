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

/**
 * Stands below one connection from its upgrade to its end: whatever ends it, a client learns by which number. socket.io
 * would close without one, and lets frames through that are none of its events.
 */
export class ConnectionGuard {
  /** Who it is, once welcomed. */
  session: ClientSession | undefined;
  private readonly frames: TokenBucket;
  private readonly callOff: () => void;
  private hasArrived = false;

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
    connection.on('packet', ({ type }: { type: string }) => this.judge(type));
    connection.once('close', this.callOff);
    // From the upgrade on: a sign of life may be due before the client is welcomed.
    new HeartbeatWatch(connection, heartbeatTimeoutMs, () => this.miss());
    // socket.io closes a connection itself only where a frame breaks its protocol.
    const close = connection.close.bind(connection);
    connection.close = (discard) => {
      this.refuse('INVALID_INPUT', 'A frame was not valid; send what the wire protocol names.');
      close(discard);
    };
  }

  /**
   * Notes that the connection has sent its CONNECT.
   * @throws FleetdeckError `INVALID_INPUT` when it is not the first
   */
  arrive(): void {
    this.callOff();
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

  private miss(): void {
    if (this.session) this.session.cutSilent();
    else this.close(BROADCAST_CODES.HEARTBEAT_MISSED.number);
  }

  private judge(type: string): void {
    if (FOREIGN_PACKETS.has(type)) {
      this.refuse('INVALID_INPUT', 'A frame was not valid; send what the wire protocol names.');
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
    this.callOff();
    this.refused(new FleetdeckError(name, sentence));
    this.close(BROADCAST_CODES[name].number);
  }
}
