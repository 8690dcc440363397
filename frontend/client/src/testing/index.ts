export { FakeServer } from './fake-server.ts';
export { Journal } from './journal.ts';
export {
  contractTopics,
  describeWebSocketManager,
  type ContractSetting,
  type JestApi,
} from './manager.contract.ts';
export { TopicServer, type Peer, type PeerSession, type WireEvent } from './topic-server.ts';
