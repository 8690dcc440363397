import { createConnection, createServer, type Server, type Socket } from 'node:net';

/** What a node is told. */
export type Command =
  | { do: 'publish'; id: number; topic: string; data: unknown }
  | { do: 'kill' | 'freeze' | 'thaw'; target: string }
  | { do: 'expire'; subject: string }
  | { do: 'revoke'; subject: string; topic: string };

/** What a node says: which life it is, and up to which command it has published. */
export interface ControlAnswer {
  run?: number;
  done?: number;
}

/** Takes commands, a line of JSON each. */
export function serveControl(
  port: number,
  run: number,
  obey: (command: Command) => void,
): Promise<{ server: Server; port: number }> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    send(socket, { run });
    onLine(socket, (line) => {
      const command = JSON.parse(line) as Command;
      obey(command);
      if (command.do === 'publish') send(socket, { done: command.id });
    });
  });
  return new Promise((resolve) => {
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      resolve({ server, port: typeof address === 'object' && address ? address.port : port });
    });
  });
}

/** One connection to a node's control; ends with the node. */
export function openControl(
  port: number,
  told: { answer: (answer: ControlAnswer) => void; ended: () => void },
): Socket {
  const socket = createConnection({ port, host: '127.0.0.1' });
  socket.on('error', () => socket.destroy());
  socket.on('close', told.ended);
  onLine(socket, (line) => told.answer(JSON.parse(line) as ControlAnswer));
  return socket;
}

export function send(socket: Socket, what: Command | ControlAnswer): void {
  if (socket.writable) socket.write(`${JSON.stringify(what)}\n`);
}

function onLine(socket: Socket, take: (line: string) => void): void {
  let rest = '';
  socket.setEncoding('utf8');
  socket.on('data', (part: string) => {
    const lines = (rest + part).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(line);
  });
}
