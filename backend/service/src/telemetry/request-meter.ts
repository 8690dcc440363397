/** Counts the service's requests and keeps the durations since they were last taken. */
export class RequestMeter {
  private readonly limit = 5_000;
  private durations: number[] = [];
  private count = 0;

  finished(durationMs: number): void {
    this.count += 1;
    if (this.durations.length < this.limit) this.durations.push(durationMs);
  }

  /** Requests since the start. */
  get total(): number {
    return this.count;
  }

  /** The durations since the last call, in milliseconds; at most 5,000 of them. */
  takeDurations(): number[] {
    const taken = this.durations;
    this.durations = [];
    return taken;
  }
}
