import { isPosition, isTopicName, type Position } from '@fleetdeck/dto';
import { FleetdeckError } from '@fleetdeck/kernel';

/** What a client asks for, checked. */
export interface CheckedRequest {
  topic: string;
  position: Position | undefined;
}

/**
 * Reads a subscription. What comes in is not trusted to have any shape.
 * @throws FleetdeckError `INVALID_INPUT` with a sentence naming the field
 */
export function readSubscription(request: unknown): CheckedRequest {
  const topic = readTopic(request);
  const { epoch = undefined, offset = undefined } = request as { epoch?: unknown; offset?: unknown };
  if ((epoch ?? offset ?? undefined) === undefined) return { topic, position: undefined };
  const position = { epoch, offset };
  if (!isPosition(position)) {
    throw new FleetdeckError(
      'INVALID_INPUT',
      'epoch and offset are not a position; give both of the last message that was applied, or leave both out.',
    );
  }
  return { topic, position };
}

/**
 * Reads the topic that a request names.
 * @throws FleetdeckError `INVALID_INPUT` when it names none
 */
export function readTopic(request: unknown): string {
  const topic = typeof request === 'object' && request !== null && 'topic' in request && request.topic;
  if (!isTopicName(topic)) {
    throw new FleetdeckError('INVALID_INPUT', 'topic is not a dotted name such as "metrics.cpu".');
  }
  return topic;
}
