import type { HealthReport } from '@fleetdeck/dto';
import type { ProbeAnswer } from './probe-answers.ts';
import { withoutDetails } from './without-details.ts';

/** `asOf` of a rendered report is at most this old. */
const RENDERED_FOR_MS = 1_000;

/** The report as bytes, rendered once for all who ask until something changes, with and without detail. */
export class RenderedReport {
  private readonly rendered = new Map<boolean, { at: number; answer: ProbeAnswer }>();

  constructor(
    private readonly report: () => HealthReport,
    private readonly monotonicMs: () => number,
  ) {}

  /** Something changed. */
  drop(): void {
    this.rendered.clear();
  }

  /** @param detail whether whoever asks may see the figures of the checks */
  answer(detail: boolean): ProbeAnswer {
    const at = this.monotonicMs();
    const known = this.rendered.get(detail);
    if (known && at - known.at < RENDERED_FOR_MS) return known.answer;
    const report = this.report();
    const body = Buffer.from(JSON.stringify(detail ? report : withoutDetails(report)));
    const answer: ProbeAnswer = {
      statusCode: 200,
      headers: {
        'Content-Type': 'application/json; charset=utf-8',
        'Content-Length': String(body.length),
        'Cache-Control': 'no-store',
      },
      body,
    };
    this.rendered.set(detail, { at, answer });
    return answer;
  }
}
