import type { SubscribeReply } from '@fleetdeck/dto';
import type { ClientSocket, ConnectSocket, SocketEvents } from '../socket/socket.port.ts';
import { TopicServer, type Peer } from './topic-server.ts';

/**
 * A service without a network: give its `connect` to a `WebSocketManager`. Everything is told in a later microtask,
 * so that fake timers do not hold it up.
 *
 * @example
 * const server = new FakeServer(topics);
 * const manager = new WebSocketManager({ topics, connect: server.connect });
 * server.publish('audit', entry);
 */
export class FakeServer extends TopicServer {
  /** While it is `true` nothing is answered and no connection is made or refused. */
  silent = false;
  /** While it is `true` connections fail as those to a service that is not there. */
  unreachable = false;
  private readonly living = new Set<SocketEvents>();

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
          if (event === 'message') events.message(payload as Parameters<SocketEvents['message']>[0]);
          else if (event === 'close') events.closing(payload as Parameters<SocketEvents['closing']>[0]);
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
      if ('code' in session) {
        events.refused(session, session.message);
        return;
      }
      this.living.add(events);
      events.welcome(session.welcome);
    });
    return {
      subscribe: (request, answer) => {
        const reply: SubscribeReply | undefined =
          session && 'subscribe' in session && !this.silent ? session.subscribe(request) : undefined;
        const late = setTimeout(() => {
          if (open) answer(null);
        }, 10_000);
        if (!reply) return;
        clearTimeout(late);
        tell(() => answer(reply));
      },
      unsubscribe: (topic) => {
        if (session && 'unsubscribe' in session) session.unsubscribe(topic);
      },
      close: () => {
        open = false;
        end();
      },
    };
  };
}
