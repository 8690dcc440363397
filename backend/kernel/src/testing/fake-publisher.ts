import type { Position } from '@fleetdeck/dto';
import type { Publisher } from '../ports/publisher.port.ts';

/** Keeps what was published, in order. */
export class FakePublisher implements Publisher {
  readonly published: { topic: string; data: unknown }[] = [];

  publish(topic: string, data: unknown): void {
    this.published.push({ topic, data });
  }

  position(topic: string): Position | null {
    return { epoch: 'fake', offset: this.published.filter((message) => message.topic === topic).length };
  }
}
