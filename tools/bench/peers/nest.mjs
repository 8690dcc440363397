// A stock NestJS gateway over socket.io as the documentation has it. It asks nobody for a token.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { IoAdapter } from '@nestjs/platform-socket.io';
import {
  ConnectedSocket,
  MessageBody,
  SubscribeMessage,
  WebSocketGateway,
  WebSocketServer,
} from '@nestjs/websockets';
import { serve } from './publisher.mjs';

class TopicsGateway {
  async subscribe(socket, { topic }) {
    await socket.join(topic);
    return { ok: true };
  }
}
// What decorators would do, for a file that is not compiled.
const { prototype } = TopicsGateway;
WebSocketGateway({ transports: ['websocket'] })(TopicsGateway);
WebSocketServer()(prototype, 'server');
SubscribeMessage('subscribe')(
  prototype,
  'subscribe',
  Object.getOwnPropertyDescriptor(prototype, 'subscribe'),
);
ConnectedSocket()(prototype, 'subscribe', 0);
MessageBody()(prototype, 'subscribe', 1);

class AppModule {}
Module({ providers: [TopicsGateway] })(AppModule);

const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
app.useWebSocketAdapter(new IoAdapter(app));
await app.init();
const gateway = app.get(TopicsGateway);

await serve(app.getHttpServer(), { publish: (event) => gateway.server.to('bench').emit('message', event) });
