import { once } from 'node:events';
import { WebSocket } from 'ws';

/** A WebSocket that sends what it is told, valid or not, and answers nothing by itself. */
export class RawClient {
  /** Every frame that came, as text. */
  readonly frames: string[] = [];
  readonly socket: WebSocket;
  /** Resolves with the number that closed it. */
  readonly closed: Promise<number>;

  private constructor(url: string, headers: Record<string, string>) {
    this.socket = new WebSocket(`${url.replace('http', 'ws')}/ws/platform/?EIO=4&transport=websocket`, {
      headers,
      perMessageDeflate: false,
    });
    this.socket.on('message', (frame: Buffer) => this.frames.push(frame.toString()));
    this.socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => this.socket.once('close', resolve));
  }

  /** Opens the WebSocket, and goes no further. */
  static async open(url: string, headers: Record<string, string> = {}): Promise<RawClient> {
    const client = new RawClient(url, headers);
    await once(client.socket, 'open');
    return client;
  }

  /** Opens it and connects to the namespace of the broadcaster. */
  static async signedIn(url: string, token: string): Promise<RawClient> {
    const client = await RawClient.open(url);
    client.send(`40${JSON.stringify({ token })}`);
    await client.frame('42["welcome"');
    return client;
  }

  /** Sends a WebSocket message; nothing once it is closing. */
  send(frame: string | Buffer): void {
    this.socket.send(frame, () => undefined);
  }

  /** Writes below the WebSocket. */
  writeRaw(bytes: Uint8Array): void {
    const { _socket: network } = this.socket as unknown as { _socket?: { write(bytes: Uint8Array): void } };
    network?.write(bytes);
  }

  /** Resolves with the first frame that begins so. */
  async frame(start: string): Promise<string> {
    for (;;) {
      const found = this.frames.find((frame) => frame.startsWith(start));
      if (found !== undefined) return found;
      await new Promise((resolve) => this.socket.once('message', resolve));
    }
  }

  /** Reads nothing more, the close of its peer included. */
  stopReading(): void {
    this.socket.pause();
  }
}
