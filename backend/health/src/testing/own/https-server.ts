import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { SERVER_CERTIFICATE, SERVER_KEY, TEST_CA } from './test-certificates.ts';

/** An HTTP server with TLS on a free port of 127.0.0.1, which wants its clients to show a certificate. */
export async function fakeHttps(
  listener: RequestListener,
): Promise<{ port: number; close(): Promise<void> }> {
  const certificates = { ca: TEST_CA, cert: SERVER_CERTIFICATE, key: SERVER_KEY };
  const server = createHttpsServer(
    { ...certificates, requestCert: true, rejectUnauthorized: true },
    listener,
  );
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
