export { FakeClock } from './fake-clock.ts';
export { freePort } from './free-port.ts';
export { createTestDatabase, type TestDatabase } from './test-database.ts';
export { FakePublisher } from './fake-publisher.ts';
export { MemoryLeases } from './memory-lease.ts';
