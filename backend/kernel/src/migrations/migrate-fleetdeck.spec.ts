import { describe, expect, it } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { migrateFleetdeck } from './migrate-fleetdeck.ts';
import type { MigrationSet } from './migration.ts';

const things: MigrationSet = {
  module: 'things',
  migrations: [{ version: 1, name: 'thing', sql: 'create table fleetdeck.thing ()' }],
};

describe('migrateFleetdeck, before it asks the database,', () => {
  const untouched = {} as DataSource;

  it('refuses versions with a hole', async () => {
    const holes: MigrationSet = {
      module: 'things',
      migrations: [{ version: 2, name: 'b', sql: 'select 1' }],
    };
    await expect(migrateFleetdeck(untouched, [holes])).rejects.toThrow(
      'Migrations of module "things" must count from 1 without holes; number 1 has version 2.',
    );
  });

  it('refuses one module twice', async () => {
    await expect(migrateFleetdeck(untouched, [things, things])).rejects.toThrow(
      'Module "things" is listed twice; give each module once.',
    );
  });

  it.each([0, -1, Number.NaN, Infinity, 2 ** 31])('refuses a lockTimeoutMs of %p', async (lockTimeoutMs) => {
    await expect(migrateFleetdeck(untouched, [things], { lockTimeoutMs })).rejects.toThrow(
      `lockTimeoutMs must be a number of milliseconds from 1 to 2147483647, it is ${lockTimeoutMs}.`,
    );
  });
});
