import { beforeEach, describe, expect, it } from '@jest/globals';
import { FakeClock } from '@fleetdeck/kernel/testing';
import type { DataSource } from 'typeorm';
import { SESSIONS_KEPT, sessionName, SessionStore } from './session-store.ts';

const MINUTE = 60_000;

describe('sessions while the database is away', () => {
  let clock: FakeClock;
  let expiresAt: Date;
  let away: Error | null;
  let asked: number;
  let rows: () => unknown[];
  let store: SessionStore;

  beforeEach(() => {
    clock = new FakeClock();
    expiresAt = new Date(clock.now() + 12 * 60 * MINUTE);
    away = null;
    asked = 0;
    rows = () => [{ subject: 'ada', role: 'operator', expires_at: expiresAt }];
    const query = () => {
      asked += 1;
      return away ? Promise.reject(away) : Promise.resolve(rows());
    };
    store = new SessionStore({ query } as unknown as DataSource, clock);
  });

  const goAway = () => {
    away = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), { code: 'ECONNREFUSED' });
    clock.advance(5_001);
  };
  const unavailable = { code: 'DATABASE_UNAVAILABLE' };

  it('are believed for 15 minutes after they were confirmed, and no longer', async () => {
    await store.find('a');
    goAway();
    await expect(store.find('a')).resolves.toMatchObject({ subject: 'ada', role: 'operator' });
    clock.advance(15 * MINUTE - 5_002);
    await expect(store.find('a')).resolves.toMatchObject({ subject: 'ada' });
    clock.advance(1);
    await expect(store.find('a')).rejects.toMatchObject(unavailable);
  });

  it('end at their own expiry', async () => {
    expiresAt = new Date(clock.now() + MINUTE);
    await store.find('a');
    goAway();
    await expect(store.find('a')).resolves.toMatchObject({ subject: 'ada' });
    clock.advance(MINUTE);
    await expect(store.find('a')).resolves.toBe('expired');
  });

  it('cannot be judged when this process did not know them', async () => {
    await store.find('a');
    goAway();
    await expect(store.find('b')).rejects.toMatchObject(unavailable);
  });

  it('do not become known by having been refused', async () => {
    rows = () => [];
    await expect(store.find('a')).resolves.toBeNull();
    goAway();
    await expect(store.find('a')).rejects.toMatchObject(unavailable);
  });

  it('are over at once when the sign-out is heard, also while the database is asked', async () => {
    await store.find('a');
    await store.find('b');
    goAway();
    store.forget(sessionName('a'));
    await expect(store.find('a')).rejects.toMatchObject(unavailable);
    const asking = store.find('b');
    store.forget(sessionName('b'));
    await expect(asking).rejects.toMatchObject(unavailable);
  });

  it('are over for this process although the sign-out could not be written', async () => {
    await store.find('a');
    goAway();
    await expect(store.remove('a')).rejects.toThrow('ECONNREFUSED');
    await expect(store.find('a')).rejects.toMatchObject(unavailable);
  });

  it('are looked up again once in five seconds, and read anew when the database is back', async () => {
    await store.find('a');
    goAway();
    await store.find('a');
    const before = asked;
    await store.find('a');
    expect(asked).toBe(before);
    away = null;
    rows = () => [];
    clock.advance(5_001);
    await expect(store.find('a')).resolves.toBeNull();
  });

  it('are believed when the database has said nothing for three seconds', async () => {
    let pass: () => void = () => undefined;
    const waits: number[] = [];
    const after = (ms: number, work: () => void) => {
      waits.push(ms);
      pass = work;
      return () => undefined;
    };
    let answers = (): Promise<unknown> => Promise.resolve(rows());
    const query = () => answers();
    store = new SessionStore({ query } as unknown as DataSource, clock, { after });
    await store.find('a');
    clock.advance(5_001);
    answers = () => new Promise(() => undefined);
    const found = store.find('a');
    pass();
    await expect(found).resolves.toMatchObject({ subject: 'ada' });
    expect(waits).toEqual([3_000, 3_000]);
  });

  it('are not believed when the database answers with another error', async () => {
    await store.find('a');
    goAway();
    away = Object.assign(new Error('relation "fleetdeck.session" does not exist'), { code: '42P01' });
    await expect(store.find('a')).rejects.toThrow('does not exist');
  });

  it('are kept up to a bound: those that were confirmed longest ago go, unknown ids push none out', async () => {
    await store.find('first');
    await store.find('second');
    for (let n = 2; n <= SESSIONS_KEPT; n++) await store.find(`session ${n}`);
    rows = () => [];
    for (let n = 0; n <= SESSIONS_KEPT; n++) await store.find(`nobody ${n}`);
    goAway();
    await expect(store.find('first')).rejects.toMatchObject(unavailable);
    await expect(store.find('second')).resolves.toMatchObject({ subject: 'ada' });
  });
});
