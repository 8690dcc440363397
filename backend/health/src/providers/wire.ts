import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** Where a server listens. */
export interface WireTarget {
  host: string;
  port: number;
  tls: boolean;
}

/** The most bytes that are read of one server in one check. */
const MAX_READ = 1024 * 1024;

/** Reads `host`, port and TLS of an address; `schemes` are the plain and the TLS one. */
export function wireTarget(
  url: URL,
  schemes: readonly [string, string],
  ports: readonly [number, number],
): WireTarget {
  const tls = url.protocol === `${schemes[1]}:`;
  return {
    // An IPv6 address stands in brackets in a URL, and without them in a socket.
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? ports[tls ? 1 : 0] : Number(url.port),
    tls,
  };
}

/**
 * A short talk with a server over TCP or TLS: what a check needs of a protocol, without the protocol's client. It ends
 * when the signal aborts, and nothing of it stays open.
 */
export async function talk<T>(
  target: WireTarget,
  signal: AbortSignal,
  conversation: (wire: Wire) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const { host, port, tls } = target;
  const socket = tls
    ? connectTls({ host, port, servername: isIP(host) ? '' : host })
    : connect({ host, port });
  const wire = new Wire(socket);
  const abort = (): void => void socket.destroy(new Error('The check was aborted.'));
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await conversation(wire);
  } finally {
    signal.removeEventListener('abort', abort);
    socket.destroy();
  }
}

/** One side of a {@link talk}. */
export class Wire {
  private received = Buffer.alloc(0);
  private ended: Error | null = null;
  private wake: (() => void) | null = null;

  constructor(private readonly socket: Socket) {
    socket.on('data', (chunk: Buffer) => {
      this.received = Buffer.concat([this.received, chunk]);
      if (this.received.length > MAX_READ) socket.destroy(new Error('It sends more than a check reads.'));
      this.wake?.();
    });
    socket.on('error', (error) => this.end(error));
    socket.on('close', () => this.end(new Error('It closed the connection.')));
  }

  write(bytes: Buffer | string): void {
    this.socket.write(bytes);
  }

  /** The next `count` bytes. */
  async read(count: number): Promise<Buffer> {
    while (this.received.length < count) await this.more();
    return this.take(count);
  }

  /** The next line, without its CR LF. */
  async line(): Promise<string> {
    for (;;) {
      const end = this.received.indexOf('\r\n');
      if (end >= 0) return this.take(end + 2).toString('utf8', 0, end);
      await this.more();
    }
  }

  private take(count: number): Buffer {
    const taken = this.received.subarray(0, count);
    this.received = this.received.subarray(count);
    return taken;
  }

  private async more(): Promise<void> {
    if (this.ended) throw this.ended;
    await new Promise<void>((resolve) => (this.wake = resolve));
    this.wake = null;
  }

  private end(error: Error): void {
    this.ended ??= error;
    this.wake?.();
  }
}
