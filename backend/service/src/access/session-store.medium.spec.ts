import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Broadcaster } from '@fleetdeck/broadcast';
import { migrateFleetdeck } from '@fleetdeck/kernel';
import { createTestDatabase, FakeClock, type TestDatabase } from '@fleetdeck/kernel/testing';
import { DataSource } from 'typeorm';
import { accessMigrations } from './migrations.ts';
import { BELIEVED_WITHOUT_DATABASE_MS, sessionName, SessionStore } from './session-store.ts';
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

  describe('while the database cannot be asked', () => {
    let away = false;
    const flaky = {
      query: (statement: string, parameters: unknown[]) =>
        away ? Promise.reject(new Error('the database is away')) : dataSource.query(statement, parameters),
    };
    let store: SessionStore;
    beforeEach(() => {
      away = false;
      store = new SessionStore(flaky as unknown as DataSource, clock);
    });

    it('hold as they were last read, for a quarter of an hour', async () => {
      const { id } = await here.create('ada', 'operator', null);
      await store.find(id);
      away = true;
      clock.advance(BELIEVED_WITHOUT_DATABASE_MS - 1);
      await expect(store.find(id)).resolves.toMatchObject({ subject: 'ada', role: 'operator' });
      clock.advance(5_001);
      await expect(store.find(id)).rejects.toThrow('the database is away');
    });

    it('are asked for again as soon as it is back', async () => {
      const { id } = await here.create('ada', 'operator', null);
      await store.find(id);
      away = true;
      clock.advance(5_001);
      await store.find(id);
      await here.remove(id);
      away = false;
      clock.advance(5_001);
      await expect(store.find(id)).resolves.toBeNull();
    });

    it('are not believed when nothing was read of them, they were signed out, or they have expired', async () => {
      const known = await here.create('ada', 'operator', null);
      const unknown = await here.create('bob', 'operator', null);
      const short = await here.create('eve', 'viewer', clock.now() + 6_000);
      await store.find(known.id);
      await store.find(short.id);
      away = true;
      clock.advance(6_001);
      await expect(store.find(unknown.id)).rejects.toThrow('the database is away');
      await expect(store.find(short.id)).resolves.toBe('expired');
      await expect(store.remove(known.id)).rejects.toThrow('the database is away');
      await expect(store.find(known.id)).rejects.toThrow('the database is away');
    });
  });

  it('end when the token that they came from ends', async () => {
    const { id } = await here.create('ada', 'operator', clock.now() + 1_000);
    clock.advance(1_001);
    await expect(here.find(id)).resolves.toBe('expired');
  });
});
