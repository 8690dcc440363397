import { STATUS_CODES, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { PROBLEM_MEDIA_TYPE } from '@fleetdeck/dto';
import { FleetdeckError } from '@fleetdeck/kernel';

/** How long a client may go on sending what nobody reads, in milliseconds. */
const LINGER_MS = 2000;

/** Answers requests that cannot be parsed with a problem; they reach no middleware and no filter. */
export function answerClientErrors(server: Server): void {
  const answered = new WeakSet<Socket>();
  const answering = new WeakSet<Socket>();
  server.on('request', ({ socket }, response) => {
    answering.add(socket);
    response.once('close', () => answering.delete(socket));
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    // The rest of the same request.
    if (answered.has(socket)) return;
    // Reset by the client, or in the middle of an answer: nobody would read it. Of a connection that a browser opened
    // ahead and has not used yet it would be read as the answer to what it asks next.
    const unused = socket.bytesRead === 0;
    if (error.code === 'ECONNRESET' || !socket.writable || answering.has(socket) || unused) {
      socket.destroy();
      return;
    }
    answered.add(socket);
    const problem = problemFor(error.code ?? '').toProblem();
    const body = JSON.stringify(problem);
    const head = [
      `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
      `Content-Type: ${PROBLEM_MEDIA_TYPE}`,
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Cache-Control: no-store',
      'Connection: close',
    ];
    socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
    // What is still being sent is thrown away: closing on it would take the answer away too.
    socket.resume();
    setTimeout(() => socket.destroy(), LINGER_MS).unref();
  });
}

function problemFor(code: string): FleetdeckError {
  if (code === 'HPE_HEADER_OVERFLOW') {
    const sentence = 'The address and the headers are too large together; ask for less in one request.';
    const fields = [{ field: 'url', message: 'must have, with the headers, at most 16 KiB' }];
    return new FleetdeckError('PAYLOAD_TOO_LARGE', sentence, { fields });
  }
  return code === 'ERR_HTTP_REQUEST_TIMEOUT'
    ? new FleetdeckError('TIMED_OUT', 'The request did not arrive in time; send it again.')
    : new FleetdeckError('INVALID_INPUT', 'This is no HTTP/1.1 request.');
}
