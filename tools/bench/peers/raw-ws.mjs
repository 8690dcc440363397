// Plain `ws` at its fastest: each event is encoded once and written as one frame straight to every socket.
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';
import { serve } from './publisher.mjs';

const http = createServer();
const sockets = new WebSocketServer({ server: http, perMessageDeflate: false });

function textFrame(text) {
  const payload = Buffer.from(text);
  const long = payload.length >= 65_536;
  const header = Buffer.alloc(payload.length < 126 ? 2 : long ? 10 : 4);
  header[0] = 0x81;
  header[1] = payload.length < 126 ? payload.length : long ? 127 : 126;
  if (header.length === 4) header.writeUInt16BE(payload.length, 2);
  if (header.length === 10) header.writeBigUInt64BE(BigInt(payload.length), 2);
  return Buffer.concat([header, payload]);
}

await serve(http, {
  publish(event) {
    const frame = textFrame(JSON.stringify(event));
    for (const { _socket: socket } of sockets.clients) socket.write(frame);
  },
});
