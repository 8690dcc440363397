/** An answer that is ready to be sent: nothing is computed when a probe asks. */
export interface ProbeAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

function render(statusCode: number, status: string): ProbeAnswer {
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
export const ALIVE = render(200, 'alive');
/** Requests may come. */
export const READY = render(200, 'ready');
/** Requests should go elsewhere for now. */
export const NOT_READY = render(503, 'not ready');
