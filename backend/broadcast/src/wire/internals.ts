import type { Duplex } from 'node:stream';
import type { BroadcastServer, BroadcastSocket } from '../gateway/socket.types.ts';
import { MessageFrame } from './message-frame.ts';

const WEBSOCKET_OPEN = 1;

/** The WebSocket below the engine's transport. */
interface RawWebSocket {
  readyState: number;
  close(code: number, reason: string): void;
  _socket: unknown;
  _sender: { sendFrame(parts: Buffer[], done?: () => void): void };
}

interface RawTransport {
  name: string;
  writable: boolean;
  perMessageDeflate: unknown;
  socket: RawWebSocket;
}

interface RawConnection {
  readyState: string;
  upgrading: boolean;
  writeBuffer: unknown[];
  transport: RawTransport;
}

/** What {@link Internals} needs to know of a connection. */
export type EngineConnection = BroadcastSocket['conn'];

/**
 * The parts of socket.io's engine that are not its public interface and that writing straight to a WebSocket needs.
 * Whoever lacks one of them is served by the public interface.
 */
export class Internals {
  private constructor(
    private readonly connection: RawConnection,
    private readonly transport: RawTransport,
  ) {}

  /** `null` when the connection is not made as expected. */
  static of(connection: EngineConnection, network: Duplex): Internals | null {
    const raw = connection as unknown as Partial<RawConnection>;
    const transport = raw.transport as Partial<RawTransport> | undefined;
    const socket = transport?.socket as Partial<RawWebSocket> | undefined;
    const known =
      typeof raw.readyState === 'string' &&
      typeof raw.upgrading === 'boolean' &&
      Array.isArray(raw.writeBuffer) &&
      transport?.name === 'websocket' &&
      typeof transport.writable === 'boolean' &&
      typeof socket?.close === 'function' &&
      typeof socket.readyState === 'number' &&
      typeof socket._sender?.sendFrame === 'function' &&
      socket._socket === network;
    return known ? new Internals(raw as RawConnection, transport as RawTransport) : null;
  }

  /**
   * Whether what is written to the network now comes after all that was sent before, and is not compressed. It does
   * as soon as the engine has handed over what it had: without compression its WebSocket writes at once.
   */
  get idle(): boolean {
    const { connection, transport } = this;
    return (
      connection.writeBuffer.length === 0 &&
      connection.readyState === 'open' &&
      connection.transport === transport &&
      !connection.upgrading &&
      !transport.perMessageDeflate &&
      transport.socket.readyState === WEBSOCKET_OPEN
    );
  }

  /** Whether the engine takes frames that are encoded already. */
  get takesFrames(): boolean {
    return this.connection.transport === this.transport && !this.transport.perMessageDeflate;
  }

  /** Closes the WebSocket with a code, after all that was sent before. */
  close(code: number, reason: string): void {
    this.transport.socket.close(code, reason);
  }
}

/** Why frames cannot be written straight to the sockets of this version of socket.io; `null` when they can. */
export function directProblem(server: BroadcastServer): string | null {
  const probe = MessageFrame.of('probe', 'e', { offset: 1, at: 'now', key: 'a"b', json: '{"n":1}' });
  const packet = { type: 2, nsp: '/', data: ['message', probe.toMessage()] };
  try {
    const { encoder } = server as unknown as { encoder: { encode(packet: unknown): unknown[] } };
    const [encoded] = encoder.encode(packet);
    if (encoded !== probe.packet) return 'packets are encoded in another way';
    const engine = server.engine as unknown as {
      ws: { options: { WebSocket: { Sender: { prototype: { sendFrame?: unknown } } } } };
    };
    const { sendFrame } = engine.ws.options.WebSocket.Sender.prototype;
    return typeof sendFrame === 'function' ? null : 'its WebSocket takes no frames';
  } catch {
    return 'it is made in another way';
  }
}
