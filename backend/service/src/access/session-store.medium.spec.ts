import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Broadcaster } from '@fleetdeck/broadcast';
import { migrateFleetdeck } from '@fleetdeck/kernel';
import { createTestDatabase, FakeClock, type TestDatabase } from '@fleetdeck/kernel/testing';
import { DataSource } from 'typeorm';
import { accessMigrations } from './migrations.ts';
import { sessionName, SessionStore } from './session-store.ts';
import { SessionController } from './session.controller.ts';

describe('sessions that two replicas keep', () => {
  const clock = new FakeClock();
  let database: TestDatabase;
  let dataSource: DataSource;
  let here: SessionStore;
  let there: SessionStore;

  beforeAll(async () => {
    database = await createTestDatabase();
    dataSource = await new DataSource({ type: 'postgres', url: database.url }).initialize();
    await migrateFleetdeck(dataSource, [accessMigrations]);
    here = new SessionStore(dataSource, clock);
    there = new SessionStore(dataSource, clock);
  });
  afterAll(async () => {
    await dataSource.destroy();
    await database.drop();
  });

  it('are read from the database once in five seconds', async () => {
    const { id } = await here.create('ada', 'operator', null);
    await expect(there.find(id)).resolves.toMatchObject({ subject: 'ada', role: 'operator' });
    await here.remove(id);
    await expect(here.find(id)).resolves.toBeNull();
    await expect(there.find(id)).resolves.toMatchObject({ subject: 'ada' });
    clock.advance(5_001);
    await expect(there.find(id)).resolves.toBeNull();
  });

  it('are over at once for a replica that hears of the sign-out', async () => {
    const { id } = await here.create('ada', 'operator', null);
    await there.find(id);
    let heard: (session: string) => void = () => undefined;
    const broadcaster = { onSessionEnd: (listener: typeof heard) => (heard = listener) };
    const controller = new SessionController(
      {} as never,
      there,
      {} as never,
      clock,
      broadcaster as unknown as Broadcaster,
    );
    controller.onModuleInit();
    await here.remove(id);
    heard(sessionName(id));
    await expect(there.find(id)).resolves.toBeNull();
  });

  it('are not kept when the sign-out is heard while they are read', async () => {
    const { id } = await here.create('ada', 'operator', null);
    const reading = there.find(id);
    there.forget(sessionName(id));
    await here.remove(id);
    await reading;
    await expect(there.find(id)).resolves.toBeNull();
  });

  it('end when the token that they came from ends', async () => {
    const { id } = await here.create('ada', 'operator', clock.now() + 1_000);
    clock.advance(1_001);
    await expect(here.find(id)).resolves.toBe('expired');
  });
});
