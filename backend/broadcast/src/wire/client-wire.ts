import type { Socket as NetworkSocket } from 'node:net';
import { Backlog, type PacketQueue } from '../limits/backlog.ts';
import { Internals, type EngineConnection } from './internals.ts';
import { textFrame, type FrameBatch } from './message-frame.ts';

const NOTHING = Buffer.alloc(0);

/** How messages reach sockets: written straight to those that are idle, or always through socket.io. */
export type FanOut = 'direct' | 'stock';

/** The way to one client: writes frames, counts what waits and tells when that has drained. */
export class ClientWire {
  private readonly backlog: Backlog;
  private readonly internals: Internals | null;
  private readonly direct: boolean;
  private waiting: (() => void)[] | undefined;

  constructor(
    private readonly connection: EngineConnection,
    private readonly network: NetworkSocket,
    private readonly capBytes: number,
    fanOut: FanOut,
  ) {
    this.backlog = new Backlog(connection as unknown as PacketQueue);
    this.internals = Internals.of(connection, network);
    this.direct = fanOut === 'direct' && this.internals !== null;
  }

  /** Whether frames may be written straight to the socket. */
  get isDirect(): boolean {
    return this.direct;
  }

  /** Bytes that wait because the client does not take them. */
  get bufferedBytes(): number {
    return this.backlog.bytes + this.network.writableLength;
  }

  /**
   * Sends unless too much waits already. One batch of any size is taken by a client that reads.
   * @returns whether it was sent
   */
  offer(batch: FrameBatch): boolean {
    const buffered = this.bufferedBytes;
    if (buffered > 0 && buffered + batch.bytes.length > this.capBytes) return false;
    this.push(batch);
    return true;
  }

  /** Sends however much waits, after all that was sent before. */
  push(batch: FrameBatch): void {
    if (batch.frames.length === 0) return;
    if (this.direct && this.internals?.idle) {
      this.network.write(batch.bytes);
    } else if (this.direct && this.internals?.takesFrames) {
      this.connection.write('', { compress: false, wsPreEncodedFrame: [batch.bytes] } as never);
    } else {
      for (const frame of batch.frames) this.connection.write(frame.packet, { compress: false });
    }
  }

  /** Sends an event of the gateway's own, after all that was sent before. */
  emit(event: string, payload: unknown): void {
    const packet = `2${JSON.stringify([event, payload])}`;
    if (this.direct && this.internals?.idle) this.network.write(textFrame(`4${packet}`));
    else this.connection.write(packet, { compress: false });
  }

  /** Calls back once less than half of what may wait does so; never when the connection ends before. */
  whenDrained(callback: () => void): void {
    if (this.waiting) {
      this.waiting.push(callback);
    } else {
      this.waiting = [callback];
      this.watch();
    }
  }

  /** Closes the WebSocket with a code; `false` when there is no way to that. */
  close(code: number, reason: string): boolean {
    const { internals } = this;
    if (!internals) return false;
    const close = (): void => internals.close(code, reason);
    if (this.backlog.bytes === 0) close();
    else this.connection.once('drain', close);
    return true;
  }

  // An empty write is done when all that was written before it is: unlike `drain` that comes in any case.
  private watch(): void {
    this.network.write(NOTHING, (error) => {
      if (error || this.network.destroyed) {
        this.waiting = undefined;
      } else if (this.bufferedBytes * 2 >= this.capBytes) {
        this.watch();
      } else {
        const waiting = this.waiting ?? [];
        this.waiting = undefined;
        for (const callback of waiting) callback();
      }
    });
  }
}
