/** What {@link Backlog} listens to: the engine's side of one connection. */
export interface PacketSource {
  on(event: 'packetCreate', listener: (packet: EnginePacket) => void): unknown;
  on(event: 'flush', listener: () => void): unknown;
}

/** What is known of a packet that the engine queues. */
export interface EnginePacket {
  data?: unknown;
  options?: { wsPreEncodedFrame?: readonly { length: number }[] };
}

/**
 * Counts the bytes that wait for one client because its socket takes no more. What was handed to the operating
 * system is not counted, so that one large answer to a healthy client is not a backlog.
 */
export class Backlog {
  private queued = 0;

  /** @param onFull called when something is added although more than `capBytes` wait; may be called repeatedly */
  constructor(source: PacketSource, capBytes: number, onFull: () => void) {
    source.on('packetCreate', (packet) => {
      if (this.queued > capBytes) onFull();
      this.queued += sizeOf(packet);
    });
    source.on('flush', () => {
      this.queued = 0;
    });
  }

  get bytes(): number {
    return this.queued;
  }
}

function sizeOf({ data, options }: EnginePacket): number {
  const frame = options?.wsPreEncodedFrame;
  if (frame) return frame.reduce((sum, part) => sum + part.length, 0);
  return typeof data === 'string' ? Buffer.byteLength(data) : 0;
}
