import { Get, Header, Inject, Param, Query } from '@nestjs/common';
import type { TopicAnswer } from '@fleetdeck/dto';
import { CurrentPrincipal, RequireRole, type Principal } from '@fleetdeck/kernel';
import { TopicAuthoriser } from '../access/topic-authoriser.ts';
import { readSubscription } from '../gateway/subscribe-request.ts';
import { TopicStarts } from '../topic/topic-starts.ts';

/** Topics for those whose network lets no socket through; bound to a prefix by the module. */
export class TopicsController {
  constructor(
    @Inject(TopicAuthoriser) private readonly authoriser: TopicAuthoriser,
    @Inject(TopicStarts) private readonly starts: TopicStarts,
  ) {}

  /** What a subscription would be answered with, and the messages that would follow at once. */
  @Get(':topic')
  @RequireRole('viewer')
  @Header('Cache-Control', 'no-store')
  async topic(
    @CurrentPrincipal() principal: Principal,
    @Param('topic') name: string,
    @Query() { epoch, offset }: Record<string, unknown>,
  ): Promise<TopicAnswer> {
    const { topic, position } = readSubscription({
      topic: name,
      epoch,
      offset: typeof offset === 'string' && /^\d{1,16}$/.test(offset) ? Number(offset) : offset,
    });
    await this.authoriser.admit(principal, topic);
    return this.starts.begin(topic, position, principal, (_open, { following, ...start }) => ({
      ok: true,
      topic,
      ...start,
      messages: following.frames.map((frame) => frame.toMessage()),
    }));
  }
}
