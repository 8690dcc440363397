import { broadcastCodeName, type BroadcastRefusal, type SubscribeReply } from '@fleetdeck/dto';
import type { TopicReader } from '../socket/polling-fallback.ts';
import type { ClientSocket, ConnectSocket, SocketEvents } from '../socket/socket.port.ts';
import { TopicServer, type Peer } from './topic-server.ts';

/**
 * A service without a network: give its `connect` to a `WebSocketManager`. Everything is told in a later microtask,
 * so that fake timers do not hold it up.
 *
 * @example
 * const server = new FakeServer(topics);
 * const manager = new WebSocketManager('/ws/platform', { topics, connect: server.connect });
 * server.publish('audit', entry);
 */
export class FakeServer extends TopicServer {
  /** While it is `true` nothing is answered and no connection is made or refused. */
  silent = false;
  /** While it is `true` connections fail as those to a service that is not there. */
  unreachable = false;
  private readonly living = new Set<SocketEvents>();

  /** Another node of the same service: it knows the same log, and what one publishes clients of both are told. */
  anotherNode(): FakeServer {
    return new FakeServer(this.map, this.now, this.log);
  }

  /** Gives every client a sign of life. */
  beat(): void {
    for (const events of this.living) events.alive();
  }

  readonly connect: ConnectSocket = ({ token }, events): ClientSocket => {
    let open = true;
    const tell = (telling: () => void) =>
      queueMicrotask(() => {
        if (open && !this.silent) telling();
      });
    const peer: Peer = {
      send: (event, payload) =>
        tell(() => {
          handlers(events)[event](payload as never);
        }),
      cut: () => {
        end();
        queueMicrotask(() => {
          if (open) events.lost('transport close');
        });
      },
    };
    let session: ReturnType<TopicServer['admit']> | undefined;
    const end = () => {
      this.living.delete(events);
      if (session && 'gone' in session) session.gone();
    };
    tell(() => {
      if (this.unreachable) {
        events.refused(null, 'websocket error');
        return;
      }
      session = this.admit(token, peer);
      if ('ok' in session) {
        events.refused(session, session.message);
        return;
      }
      this.living.add(events);
      events.welcome(session.welcome);
    });
    return {
      subscribe: (request, answer) => {
        const late = setTimeout(() => {
          if (open) answer(null);
        }, 10_000);
        if (this.silent || !session || !('subscribe' in session)) return;
        session.subscribe(request, (reply: SubscribeReply) => {
          clearTimeout(late);
          tell(() => answer(reply));
        });
      },
      unsubscribe: (topic) => {
        if (session && 'unsubscribe' in session) session.unsubscribe(topic);
      },
      auth: (token, answer) => {
        if (this.silent || !session || !('auth' in session)) return;
        const reply = session.auth(token);
        tell(() => answer(reply.ok ? null : reply));
      },
      close: () => {
        open = false;
        end();
      },
    };
  };

  /** While it is `true` nothing is answered by HTTP either. */
  offline = false;
  /** Requests by HTTP so far. */
  polls = 0;
  /** The service by HTTP: give it to a `WebSocketManager` as `http`. */
  readonly http: TopicReader = {
    get: async <T>(path: string, { query = {} }: Parameters<TopicReader['get']>[1] = {}): Promise<T> => {
      this.polls += 1;
      await Promise.resolve();
      if (this.offline) throw Object.assign(new Error('No network.'), { code: 'NETWORK' });
      const topic = decodeURIComponent(path.slice('/topics/'.length));
      const answer = this.read({ topic, ...query });
      if (answer.ok) return answer as T;
      throw Object.assign(new Error(answer.message), { code: httpCode(answer) });
    },
  };
}

function handlers({ message, reset, revoked, welcome, token, closing }: SocketEvents) {
  return { message, reset, revoked, welcome, token, close: closing };
}

function httpCode({ code }: BroadcastRefusal): string | null {
  return broadcastCodeName(code);
}
