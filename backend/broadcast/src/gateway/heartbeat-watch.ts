import type { EngineConnection } from '../wire/internals.ts';

/**
 * Notices that a client owes its sign of life, before the engine does: the engine would close the WebSocket without a
 * number.
 */
export class HeartbeatWatch {
  private timer: NodeJS.Timeout | undefined;
  private prolonged = false;

  /** @param timeoutMs how long the sign may take, in milliseconds; the engine waits longer */
  constructor(
    connection: EngineConnection,
    private readonly timeoutMs: number,
    private readonly missed: () => void,
  ) {
    connection.on('packetCreate', ({ type }) => {
      if (type === 'ping') this.await();
    });
    connection.on('packet', ({ type }) => {
      if (type === 'pong') this.stop();
      else this.prolong();
    });
    connection.once('close', () => this.stop());
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private await(): void {
    this.stop();
    this.prolonged = false;
    this.timer = setTimeout(() => this.missed(), this.timeoutMs);
  }

  // As the engine does: one other packet while the answer is due is a sign of life too.
  private prolong(): void {
    if (this.prolonged) return;
    this.prolonged = true;
    this.timer?.refresh();
  }
}
