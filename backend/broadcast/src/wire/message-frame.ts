import type { TopicMessage } from '@fleetdeck/dto';
import type { StoredMessage } from '../topic/topic-log.ts';

/** A message as it travels, encoded when it is first sent and then shared by all who get it. */
export class MessageFrame {
  private encoded: Buffer | undefined;

  private constructor(
    /** The {@link TopicMessage} as JSON. */
    private readonly body: string,
    readonly offset: number | null,
  ) {}

  static of(topic: string, epoch: string, stored: Omit<StoredMessage, 'offset'> & { offset: number | null }) {
    const { offset, at, key, json } = stored;
    const keyed = key === undefined ? '' : `,"key":${JSON.stringify(key)}`;
    // Topic names, epochs and times hold nothing that JSON escapes.
    return new MessageFrame(
      `{"topic":"${topic}","epoch":"${epoch}","offset":${offset},"at":"${at}"${keyed},"data":${json}}`,
      offset,
    );
  }

  /** As a packet of socket.io's protocol: event `message`, namespace `/`. */
  get packet(): string {
    return `2["message",${this.body}]`;
  }

  /** As one whole WebSocket frame with that packet in an engine.io message. */
  get bytes(): Buffer {
    this.encoded ??= textFrame(`4${this.packet}`);
    return this.encoded;
  }

  /** As an object of the caller's own. */
  toMessage(): TopicMessage {
    return JSON.parse(this.body) as TopicMessage;
  }
}

/** Messages that are written together, each its own frame. */
export class FrameBatch {
  private joined: Buffer | undefined;

  constructor(readonly frames: readonly MessageFrame[]) {}

  get bytes(): Buffer {
    const [only, ...more] = this.frames;
    this.joined ??=
      only && more.length === 0 ? only.bytes : Buffer.concat(this.frames.map((frame) => frame.bytes));
    return this.joined;
  }
}

const FINAL_TEXT = 0x81;
const SHORT = 126;
const MEDIUM = 65_536;

/** One unmasked WebSocket text frame, as a server sends it (RFC 6455, section 5.2). */
export function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const header = length < SHORT ? 2 : length < MEDIUM ? 4 : 10;
  const frame = Buffer.allocUnsafe(header + length);
  frame[0] = FINAL_TEXT;
  if (header === 2) {
    frame[1] = length;
  } else if (header === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  frame.write(text, header, 'utf8');
  return frame;
}
