import { Inject, Injectable } from '@nestjs/common';
import { roleAtLeast } from '@fleetdeck/dto';
import { FleetdeckError, type Principal } from '@fleetdeck/kernel';
import { withDeadline } from '../limits/with-deadline.ts';
import { TopicStore, unknownTopic } from '../topic/topic-store.ts';

/** How long a policy's own rule may take. */
const RULE_DEADLINE_MS = 5000;

/** Decides who may have a topic, the same for sockets and for HTTP. */
@Injectable()
export class TopicAuthoriser {
  constructor(@Inject(TopicStore) private readonly store: TopicStore) {}

  /**
   * Resolves when the principal may have the topic.
   * @throws FleetdeckError `UNKNOWN_TOPIC`, `FORBIDDEN`; `TIMED_OUT` when the policy's rule does not answer
   */
  async admit(principal: Principal, topic: string): Promise<void> {
    const declared = this.store.declared(topic);
    if (!declared) throw unknownTopic(topic);
    const { leastRole, authorize } = declared.policy;
    if (!roleAtLeast(principal.role, leastRole)) {
      throw new FleetdeckError(
        'FORBIDDEN',
        `Topic "${topic}" needs role ${leastRole}; you are signed in as ${principal.role}.`,
      );
    }
    if (!authorize) return;
    const allowed = await withDeadline(
      Promise.resolve(authorize(principal, topic)),
      RULE_DEADLINE_MS,
      () =>
        new FleetdeckError(
          'TIMED_OUT',
          `Whether you may have topic "${topic}" could not be decided in time.`,
        ),
    );
    if (allowed !== true) {
      throw new FleetdeckError('FORBIDDEN', `You may not have topic "${topic}".`);
    }
  }
}
