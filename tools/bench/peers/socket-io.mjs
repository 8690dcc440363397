// Stock socket.io as its documentation has it: a room for the topic, and an emit to the room.
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { serve } from './publisher.mjs';

const http = createServer();
const io = new Server(http, { transports: ['websocket'], serveClient: false });
io.on('connection', (socket) => {
  socket.on('subscribe', async ({ topic }, reply) => {
    await socket.join(topic);
    reply({ ok: true });
  });
});

await serve(http, { publish: (event) => io.to('bench').emit('message', event) });
