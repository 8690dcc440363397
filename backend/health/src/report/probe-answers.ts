/** An answer that is ready to be sent: nothing is computed when a probe asks. */
export interface ProbeAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  /** What is short is text: Node sends text and headers as one piece, a buffer as a piece of its own. */
  readonly body: string | Buffer;
}

/** Renders the answer of a probe: one word, no detail. */
export function probeAnswer(statusCode: number, status: string): ProbeAnswer {
  const body = JSON.stringify({ status });
  return {
    statusCode,
    headers: {
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': String(Buffer.byteLength(body)),
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
    },
    body,
  };
}

/** The process answers: what `live` says as long as it can say anything. */
export const ALIVE = probeAnswer(200, 'alive');
/** A component that the process cannot live without is critical; only where the group `live` names components. */
export const NOT_ALIVE = probeAnswer(503, 'not alive');
/** Requests may come. */
export const READY = probeAnswer(200, 'ready');
/** Requests should go elsewhere for now. */
export const NOT_READY = probeAnswer(503, 'not ready');
