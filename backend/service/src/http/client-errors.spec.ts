import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { answerClientErrors } from './client-errors.ts';

let server: Server;

beforeEach(async () => {
  server = createServer({ connectionsCheckingInterval: 10, headersTimeout: 50, requestTimeout: 50 });
  answerClientErrors(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => new Promise((resolve) => server.close(resolve)));

/** Everything that comes on a connection until it is closed. */
function heard(sent: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    let text = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => (text += chunk));
    socket.on('error', reject);
    socket.on('close', () => resolve(text));
    if (sent !== '') socket.write(sent);
  });
}

it('says nothing on a connection that a browser opened ahead and left unused: it would be taken for an answer', async () => {
  expect(await heard('')).toBe('');
});

it('answers a request that stopped half-way', async () => {
  expect(await heard('GET / HTTP/1.1\r\nHost: a')).toMatch(/^HTTP\/1\.1 504 [^]*"code":"TIMED_OUT"/);
});

it('answers what is no request', async () => {
  expect(await heard('hello\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 [^]*"code":"INVALID_INPUT"/);
});
