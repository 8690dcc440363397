import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A server of a test, on a free port of 127.0.0.1. */
export interface FakeServer {
  port: number;
  /** What clients sent so far, all together. */
  received(): Buffer;
  /** Connections that are open. */
  open(): number;
  close(): Promise<void>;
}

/** A server that does to each connection what `talk` says. */
export async function fakeServer(
  talk: (socket: Socket, chunk: Buffer, nth: number) => void,
): Promise<FakeServer> {
  const chunks: Buffer[] = [];
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    let nth = 0;
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      talk(socket, chunk, (nth += 1));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    received: () => Buffer.concat(chunks),
    open: () => sockets.size,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** An HTTP server on a free port, or on a socket file. */
export async function fakeHttp(
  listener: RequestListener,
  socketPath?: string,
): Promise<{ port: number; close(): Promise<void> }> {
  const server = createHttpServer(listener);
  if (socketPath === undefined) server.listen(0, '127.0.0.1');
  else server.listen(socketPath);
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A broker's side of an AMQP 0-9-1 connection, method by method, to answer with. */
export const amqp = {
  start: method(
    10,
    Buffer.concat([
      Buffer.from([0, 9]),
      table({ product: 'RabbitMQ', version: '4.1.0' }),
      text('PLAIN'),
      text('en_US'),
    ]),
  ),
  tune: method(30, Buffer.from([0, 0, 0, 2, 0, 0, 0, 60])),
  openOk: method(41, Buffer.from([0])),
  closeOk: method(51, Buffer.alloc(0)),
  /** The broker ends the connection and says why. */
  close: (reason: string) => {
    const words = Buffer.from(reason);
    return method(50, Buffer.concat([Buffer.from([1, 0x94, words.length]), words, Buffer.alloc(4)]));
  },
};

/** A broker that knows one user and one virtual host, and refuses as RabbitMQ does. */
export function fakeBroker({ user = '', password = '', vhost = '' }): Promise<FakeServer> {
  const signedIn = `\0${user}\0${password}`;
  const opening = Buffer.concat([Buffer.from([0, 10, 0, 40, vhost.length]), Buffer.from(vhost)]);
  // Tuning and opening go out together, so the broker may see them as one or as two pieces.
  return fakeServer((socket, chunk) => {
    if (chunk.includes('AMQP')) socket.write(amqp.start);
    else if (chunk.includes('PLAIN')) {
      if (chunk.includes(signedIn)) socket.write(amqp.tune);
      // Whoever did not say that it understands this is kept waiting, and then hung up on.
      else if (chunk.includes('authentication_failure_close'))
        socket.write(amqp.close('ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN.'));
    } else if (chunk.includes('health check done')) socket.write(amqp.closeOk);
    else if (chunk.includes(opening)) socket.write(amqp.openOk);
    else if (chunk.includes(opening.subarray(0, 4)))
      socket.write(amqp.close(`NOT_ALLOWED - vhost ${vhostOf(chunk)} not found`));
  });
}

function vhostOf(chunk: Buffer): string {
  const at = chunk.indexOf(Buffer.from([0, 10, 0, 40])) + 4;
  return chunk.toString('utf8', at + 1, at + 1 + chunk.readUInt8(at));
}

function method(number: number, fields: Buffer): Buffer {
  const payload = Buffer.concat([Buffer.from([0, 10, 0, number]), fields]);
  const head = Buffer.from([1, 0, 0, 0, 0, 0, 0]);
  head.writeUInt32BE(payload.length, 3);
  return Buffer.concat([head, payload, Buffer.from([0xce])]);
}

function text(words: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(Buffer.byteLength(words));
  return Buffer.concat([length, Buffer.from(words)]);
}

function table(fields: Record<string, string>): Buffer {
  const body = Buffer.concat(
    Object.entries(fields).flatMap(([name, value]) => [
      Buffer.from([name.length]),
      Buffer.from(`${name}S`),
      text(value),
    ]),
  );
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  return Buffer.concat([length, body]);
}
