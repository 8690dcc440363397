export { defaultDataDir } from './data-dir.ts';
export { EmbeddedPostgresError, type EmbeddedPostgresErrorCode } from './embedded-postgres.errors.ts';
export type { EmbeddedPostgres, EmbeddedPostgresOptions } from './embedded-postgres.options.ts';
export { startEmbeddedPostgres } from './embedded-postgres.ts';
export type { PostgresExit } from './server-process.ts';
