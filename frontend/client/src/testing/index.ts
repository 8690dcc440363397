export { FakeServer } from './fake-server.ts';
export { FakeTabs, type FakeTab } from './fake-tabs.ts';
export { Journal } from './journal.ts';
export {
  refusalOf,
  TopicServer,
  type Peer,
  type PeerSession,
  type SharedLog,
  type WireEvent,
} from './topic-server.ts';
