import type { ServerResponse } from 'node:http';
import type { ProbeAnswer } from '../report/probe-answers.ts';

/** Fastify wraps Node's response and wants to know when someone else answers. */
interface WrappedResponse {
  raw?: ServerResponse;
  hijack?: () => unknown;
}

/** Sends what is rendered already, whatever the adapter's response is. */
export function sendAnswer(response: unknown, { statusCode, headers, body }: ProbeAnswer): void {
  const wrapped = response as ServerResponse & WrappedResponse;
  wrapped.hijack?.();
  const raw = wrapped.raw ?? wrapped;
  raw.writeHead(statusCode, headers);
  raw.end(body);
}
