import type { Position } from '@fleetdeck/dto';
import type { HealthCheckContributor, HealthCheckOptions } from '../health.options.ts';
import { requireMethod } from './given.ts';

/** What {@link broadcastHealth} needs of a broadcaster: every `Publisher` has it. */
export interface PositionSource {
  position(topic: string): Position | null;
}

/** Options of {@link broadcastHealth}. */
export interface BroadcastHealthOptions extends HealthCheckOptions {
  /** @default 'broadcast-topic' */
  name?: string;
  /** The topic that is asked about. @default 'health' */
  topic?: string;
}

/**
 * Watches that a broadcaster keeps a topic, so that clients that come back can be told what they missed: degraded when
 * it does not. `BroadcastModule` contributes a check of its own, which also counts clients. Optional by default.
 *
 * @throws FleetdeckError `INVALID_INPUT` when the publisher is missing
 */
export function broadcastHealth(
  publisher: PositionSource,
  { name = 'broadcast-topic', topic = 'health', ...options }: BroadcastHealthOptions = {},
): HealthCheckContributor {
  const remedy = 'Give it a Publisher, such as the Broadcaster of BroadcastModule.';
  requireMethod('broadcastHealth', 'publisher', publisher, 'position', remedy);
  return {
    healthName: name,
    healthOptions: { criticality: 'optional', ...options },
    checkHealth() {
      const position = publisher.position(topic);
      if (!position) {
        return Promise.resolve({ status: 'degraded', reason: `Topic "${topic}" is not kept.` });
      }
      return Promise.resolve({ status: 'healthy', details: { offset: position.offset } });
    },
  };
}
