/** An answer that is ready to be sent: nothing is computed when a probe asks. */
export interface ProbeAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Renders the answer of a probe: one word, no detail. */
export function probeAnswer(statusCode: number, status: string): ProbeAnswer {
  const body = Buffer.from(JSON.stringify({ status }));
  return {
    statusCode,
    headers: {
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': String(body.length),
      'Cache-Control': 'no-store',
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
