/**
 * Notices that a client owes its sign of life, before the engine does: the engine would close the WebSocket without a
 * number.
 */
export class HeartbeatWatch {
  private timer: NodeJS.Timeout | undefined;
  private prolonged = false;

  /** @param timeoutMs how long the sign may take, in milliseconds; the engine waits longer */
  constructor(
    private readonly timeoutMs: number,
    private readonly guard: { missHeartbeat(): void },
  ) {}

  /** The client is sent a packet of the engine's protocol. */
  sends(type: string): void {
    if (type === 'ping') this.await();
  }

  /** The client sent one. */
  received(type: string): void {
    if (type === 'pong') this.stop();
    else this.prolong();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private await(): void {
    this.stop();
    this.prolonged = false;
    this.timer = setTimeout(() => this.guard.missHeartbeat(), this.timeoutMs);
  }

  // As the engine does: one other packet while the answer is due is a sign of life too.
  private prolong(): void {
    if (this.prolonged) return;
    this.prolonged = true;
    this.timer?.refresh();
  }
}
