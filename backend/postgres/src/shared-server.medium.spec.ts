import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { query } from './testing/servers.ts';

const shared = process.env['FLEETDECK_TEST_DATABASE_URL'] ?? '';
const name = `shared_server_${process.pid}`;

beforeAll(async () => {
  await query(shared, `CREATE DATABASE ${pg.escapeIdentifier(name)} STRATEGY file_copy`);
});

afterAll(async () => {
  await query(shared, `DROP DATABASE ${pg.escapeIdentifier(name)} WITH (FORCE)`);
});

describe('the server that all test files of a run share', () => {
  it('gives each of them a database of its own', async () => {
    const own = new URL(shared);
    own.pathname = `/${name}`;
    await query(own.href, 'CREATE TABLE mine (id int)');
    expect(await query(own.href, 'SELECT current_database() AS name')).toEqual([{ name }]);
    await expect(query(shared, 'SELECT * FROM mine')).rejects.toMatchObject({ code: '42P01' });
  });
});
