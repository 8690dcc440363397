import type {
  BroadcastCode,
  SubscribeReply,
  SubscribeRequest,
  TopicAnswer,
  TopicMessage,
} from '@fleetdeck/dto';
import type { backoffMs } from './backoff.ts';
import type { TopicReader } from './polling-fallback.ts';
import type { ClientSocket } from './socket.port.ts';

/** What a poller tells. */
export interface PollerEvents {
  message(message: TopicMessage): void;
  /** It is time to ask for a topic again, from the position that it has by now. */
  again(topic: string): void;
  /** Requests are answered, or are not any more. */
  works(works: boolean): void;
}

/** What a poller is made of. */
export interface PollerOptions {
  http: TopicReader;
  pollMs: number;
  random: () => number;
  /** Given and not imported, so that the page loads it once. */
  backoffMs: typeof backoffMs;
}

const BACKOFF = { minMs: 2_000, maxMs: 60_000 };

/** The service says no to these for good; everything else passes. */
const REFUSALS: Readonly<Record<string, BroadcastCode>> = {
  INVALID_INPUT: 4400,
  UNAUTHENTICATED: 4401,
  SESSION_EXPIRED: 4402,
  FORBIDDEN: 4403,
  UNKNOWN_TOPIC: 4404,
  ORIGIN_REFUSED: 4405,
};

const GATEWAY_ERRORS: ReadonlySet<number> = new Set([502, 503, 504]);

interface Run {
  request: SubscribeRequest;
  answer: (reply: SubscribeReply) => void;
  abort: AbortController;
  timer: ReturnType<typeof setTimeout> | undefined;
  failures: number;
}

/** Stands in for a socket by asking for each topic over and over. */
export class Poller implements ClientSocket {
  /** Whether the last request was answered. */
  works = false;
  private readonly runs = new Map<string, Run>();

  constructor(
    private readonly options: PollerOptions,
    private readonly events: PollerEvents,
  ) {}

  subscribe(request: SubscribeRequest, answer: (reply: SubscribeReply) => void): void {
    this.unsubscribe(request.topic);
    const run: Run = { request, answer, abort: new AbortController(), timer: undefined, failures: 0 };
    this.runs.set(request.topic, run);
    void this.poll(run);
  }

  unsubscribe(topic: string): void {
    const run = this.runs.get(topic);
    run?.abort.abort();
    clearTimeout(run?.timer);
    this.runs.delete(topic);
  }

  auth(_token: string, answer: (refusal: null) => void): void {
    // Each request carries a token of its own.
    answer(null);
  }

  close(): void {
    for (const topic of [...this.runs.keys()]) this.unsubscribe(topic);
  }

  private async poll(run: Run): Promise<void> {
    const { http, pollMs, random } = this.options;
    const { request, abort } = run;
    const { signal } = abort;
    const { topic, epoch, offset } = request;
    try {
      const answer = await http.get<TopicAnswer>(`/topics/${encodeURIComponent(topic)}`, {
        query: { epoch, offset },
        signal,
      });
      if (signal.aborted) return;
      this.tell(true);
      // Whoever is told may end it, or everything.
      if (!signal.aborted) run.answer(answer);
      for (const message of answer.messages) if (!signal.aborted) this.events.message(message);
      if (!signal.aborted) this.later(run, pollMs * (0.5 + random()), () => this.events.again(topic));
    } catch (thrown) {
      if (!signal.aborted) this.onFailure(run, thrown as Partial<FailureLike> | null | undefined);
    }
  }

  private onFailure(run: Run, error: Partial<FailureLike> | null | undefined): void {
    const said = String(error?.code);
    const code = Object.hasOwn(REFUSALS, said) ? REFUSALS[said] : undefined;
    if (code !== undefined) {
      this.tell(true);
      const message = String(error?.message);
      if (!run.abort.signal.aborted) run.answer({ ok: false, code, message, retryAfterMs: null });
      return;
    }
    const asked = (Number(error?.retryAfterSeconds) || 0) * 1_000;
    const waitMs = Math.max(asked, this.options.backoffMs(run.failures, BACKOFF, this.options.random));
    run.failures += 1;
    this.later(run, waitMs, () => void this.poll(run));
    // An answer such as "busy" comes from a service that is there; one of a gateway says that it is not.
    if (error?.status == null || GATEWAY_ERRORS.has(Number(error.status))) this.tell(false);
  }

  private tell(works: boolean): void {
    if (works === this.works) return;
    this.works = works;
    this.events.works(works);
  }

  private later(run: Run, ms: number, then: () => void): void {
    run.timer = setTimeout(then, ms);
  }
}

/** What is read of a failure, which comes from whatever client was given. */
interface FailureLike {
  code: unknown;
  message: unknown;
  status: unknown;
  retryAfterSeconds: unknown;
}
