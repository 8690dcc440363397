/** Reads that are under way at a time: a node that comes back has to read every topic that it has open. */
const MAX_RUNNING = 64;

/** Runs a bounded number of jobs at a time. */
export class SyncQueue {
  private waiting: (() => Promise<void>)[] = [];
  private running = 0;

  /** Adds a job. It says itself when it fails. */
  add(job: () => Promise<void>): void {
    this.waiting.push(job);
    this.advance();
  }

  /** Forgets what has not begun. */
  clear(): void {
    this.waiting = [];
  }

  private advance(): void {
    while (this.running < MAX_RUNNING) {
      const job = this.waiting.shift();
      if (!job) return;
      this.running += 1;
      job()
        .catch(() => undefined)
        .finally(() => {
          this.running -= 1;
          this.advance();
        });
    }
  }
}
