import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { contractTopics, describeWebSocketManager, FakeServer } from '../testing/index.ts';

function start() {
  const server = new FakeServer(contractTopics);
  return Promise.resolve({ server, options: { connect: server.connect }, stop: () => Promise.resolve() });
}

describeWebSocketManager('a fake server', start, { afterEach, beforeEach, describe, expect, it });
