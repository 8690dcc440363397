import type { Position } from '@fleetdeck/dto';
import { TestClient } from './portal.ts';

/** What a follower lived through, in order: the number of a notice, or a declared reset. */
export type Event = number | { reset: string };

/**
 * Follows topic `system` as the protocol asks a client to: it holds its position, comes back by it when it is cut, to
 * the next address it knows, and starts over when told.
 */
export class Follower {
  readonly events: Event[] = [];
  /** Messages that did not follow the one before. */
  holes = 0;
  private position: Position | undefined;
  private client: TestClient | undefined;
  private ended = false;

  constructor(private readonly addresses: string[]) {}

  /** Resolves when it is subscribed. */
  async begin(): Promise<void> {
    const [address = ''] = this.addresses;
    const client = new TestClient(address, { token: 'viewer' });
    this.client = client;
    client.socket.on('message', ({ epoch, offset, data }) => {
      if (offset === null) return;
      if (this.position?.epoch !== epoch || offset !== this.position.offset + 1) this.holes += 1;
      this.position = { epoch, offset };
      this.events.push(Number((data as { text: string }).text));
    });
    client.socket.on('reset', ({ epoch, offset, reason }) => this.startOver({ epoch, offset }, reason));
    client.socket.on('disconnect', () => this.comeBack());
    client.socket.on('connect_error', () => this.comeBack());
    await client.connected();
    const isReturn = this.position !== undefined;
    await new Promise<void>((resolve, reject) => {
      // In the answer's own callback: messages may follow it in the same breath.
      client.socket.emit('subscribe', { topic: 'system', ...this.position }, (answer) => {
        if (!answer.ok) {
          reject(new Error(answer.message));
          return;
        }
        const { epoch, offset, recovered, reason = 'epoch' } = answer;
        if (!recovered && isReturn) this.startOver({ epoch, offset }, reason);
        else if (!recovered) this.position = { epoch, offset };
        resolve();
      });
    });
  }

  end(): void {
    this.ended = true;
    this.client?.socket.disconnect();
  }

  /** The last number it saw. */
  get last(): number {
    const seen = this.numbers;
    return seen[seen.length - 1] ?? 0;
  }

  get numbers(): number[] {
    return this.events.filter((event) => typeof event === 'number');
  }

  get resets(): number {
    return this.events.length - this.numbers.length;
  }

  /** Numbers that it did not get, and was not told about by a reset just there. */
  get silentlyLost(): number[] {
    const lost: number[] = [];
    let before = 0;
    let declared = false;
    for (const event of this.events) {
      if (typeof event !== 'number') {
        declared = true;
        continue;
      }
      if (event !== before + 1 && !declared) lost.push(event);
      before = event;
      declared = false;
    }
    return lost;
  }

  private startOver(position: Position, reason: string): void {
    this.position = position;
    this.events.push({ reset: reason });
  }

  private comeBack(): void {
    if (this.ended) return;
    this.addresses.push(this.addresses.shift() ?? '');
    setTimeout(() => {
      if (!this.ended) this.begin().catch(() => undefined);
    }, 10);
  }
}
