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

/** Counts the bytes that wait in the engine for one client; what was handed to the network counts no more. */
export class Backlog {
  private queued = 0;

  constructor(source: PacketSource) {
    source.on('packetCreate', (packet) => {
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
