import type { QueryValue } from '../http/http-client.ts';
import type { Poller, PollerEvents } from './poller.ts';
import type { ClientSocket } from './socket.port.ts';

/** What polling needs of an `HttpClient` whose base is the service's `/api/v1`. */
export interface TopicReader {
  get<T>(
    path: string,
    options?: { query?: Readonly<Record<string, QueryValue>>; signal?: AbortSignal },
  ): Promise<T>;
}

/** What the fallback tells. */
export interface PollingEvents extends Omit<PollerEvents, 'works'> {
  live(poller: ClientSocket): void;
  down(): void;
  works(works: boolean): void;
}

/** Asks for topics by HTTP where no socket gets through. The code for it is loaded when it is first needed. */
export class PollingFallback {
  /** Whether the last request was answered. */
  works = false;
  private wanted = false;
  private poller: Poller | null = null;

  constructor(
    private readonly http: TopicReader | undefined,
    private readonly pollMs: number,
    private readonly random: () => number,
    private readonly events: PollingEvents,
  ) {}

  begin(): void {
    const { http } = this;
    if (!http || this.wanted) return;
    this.wanted = true;
    import('./poller.ts').then(
      (loaded) => {
        if (!this.wanted || this.poller) return;
        const { message, again } = this.events;
        this.poller = new loaded.Poller(http, this.pollMs, this.random, {
          message,
          again,
          works: (works) => this.tell(works),
        });
        this.events.live(this.poller);
      },
      () => {
        // The network that the sockets lack may be missing here too; the next failure asks again.
        this.wanted = false;
      },
    );
  }

  end(): void {
    this.wanted = this.works = false;
    const { poller } = this;
    if (!poller) return;
    this.poller = null;
    this.events.down();
    poller.close();
  }

  private tell(works: boolean): void {
    if (works === this.works) return;
    this.works = works;
    this.events.works(works);
  }
}
