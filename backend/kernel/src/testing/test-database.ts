import { randomUUID } from 'node:crypto';
import { DataSource } from 'typeorm';

/** A database of a test file's own. */
export interface TestDatabase {
  url: string;
  dataSource: DataSource;
  /** Closes the connections and drops the database. */
  drop(): Promise<void>;
}

/**
 * Creates an empty database on the server that FLEETDECK_TEST_DATABASE_URL names (the test set-up starts one).
 * @throws Error when the variable is not set
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  const serverUrl = process.env['FLEETDECK_TEST_DATABASE_URL'];
  if (!serverUrl) {
    throw new Error(
      "FLEETDECK_TEST_DATABASE_URL is not set: add the PostgreSQL globalSetup to this package's jest.config.js.",
    );
  }
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  const admin = new DataSource({ type: 'postgres', url: serverUrl });
  await admin.initialize();
  await admin.query(`create database ${name} strategy file_copy`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  const dataSource = new DataSource({ type: 'postgres', url: url.href });
  await dataSource.initialize();
  return {
    url: url.href,
    dataSource,
    async drop() {
      if (dataSource.isInitialized) await dataSource.destroy();
      await admin.query(`drop database ${name} with (force)`);
      await admin.destroy();
    },
  };
}
