/** Lets through `perSecond` calls on average and `capacity` at once. */
export class TokenBucket {
  private tokens: number;
  private updatedMs: number;

  /** @param nowMs a monotonic time in milliseconds */
  constructor(
    private readonly capacity: number,
    private readonly perSecond: number,
    nowMs: number,
  ) {
    this.tokens = capacity;
    this.updatedMs = nowMs;
  }

  /** Takes one token. 0 when it was there, otherwise how many milliseconds until there is one. */
  take(nowMs: number): number {
    const elapsed = Math.max(0, nowMs - this.updatedMs);
    this.tokens = Math.min(this.capacity, this.tokens + (elapsed * this.perSecond) / 1000);
    this.updatedMs = nowMs;
    if (this.tokens >= 1) {
      this.tokens -= 1;
      return 0;
    }
    return Math.ceil(((1 - this.tokens) * 1000) / this.perSecond);
  }
}
