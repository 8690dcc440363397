export { BroadcastModule } from './broadcast.module.ts';
export { fleetdeckPolicies, type BroadcastModuleExtras, type BroadcastOptions } from './broadcast.options.ts';
export { Broadcaster } from './broadcaster.service.ts';
export type { ServiceClientHandlers } from './gateway/service-client.ts';
export type { ServiceClient } from './gateway/service-clients.ts';
export type { RedisOptions } from './redis/redis.options.ts';
export type { SlowPolicy, TopicPolicy } from './topic/topic-policy.ts';
export type { FanOut } from './wire/client-wire.ts';
