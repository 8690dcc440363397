import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FakeServer } from '../testing/index.ts';
import { contractTopics, describeWebSocketManager } from '../testing/manager.contract.ts';

function start() {
  const server = new FakeServer(contractTopics);
  return Promise.resolve({ server, options: { connect: server.connect }, stop: () => Promise.resolve() });
}

describeWebSocketManager('a fake server', start, { afterEach, beforeEach, describe, expect, it });
