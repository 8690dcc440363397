export { BroadcastModule } from './broadcast.module.ts';
export { fleetdeckPolicies, type BroadcastOptions, type TopicPolicy } from './broadcast.options.ts';
export { Broadcaster } from './broadcaster.service.ts';
