/** What {@link Backlog} looks at: the engine's side of one connection. */
export interface PacketQueue {
  /** Packets that wait; the engine begins another array when it hands them to the network. */
  readonly writeBuffer?: readonly EnginePacket[];
}

/** What is known of a packet that the engine queues. */
export interface EnginePacket {
  data?: unknown;
  options?: { wsPreEncodedFrame?: readonly { length: number }[] };
}

/**
 * Counts the bytes that wait in the engine for one client; what was handed to the network counts no more. It counts
 * when it is asked and only what is new since, so that an idle connection costs nothing.
 */
export class Backlog {
  private queue: readonly EnginePacket[] | undefined;
  private counted = 0;
  private sum = 0;

  constructor(private readonly source: PacketQueue) {}

  get bytes(): number {
    const { writeBuffer } = this.source;
    if (!writeBuffer || writeBuffer.length === 0) return 0;
    if (writeBuffer !== this.queue) {
      this.queue = writeBuffer;
      this.counted = this.sum = 0;
    }
    for (; this.counted < writeBuffer.length; this.counted += 1) {
      this.sum += sizeOf(writeBuffer[this.counted] ?? {});
    }
    return this.sum;
  }
}

function sizeOf({ data, options }: EnginePacket): number {
  const frame = options?.wsPreEncodedFrame;
  if (frame) return frame.reduce((sum, part) => sum + part.length, 0);
  return typeof data === 'string' ? Buffer.byteLength(data) : 0;
}
