import type { DataSource } from 'typeorm';

/** What the stores need of a DataSource. */
export type Sql = Pick<DataSource, 'query' | 'transaction'>;
/** A connection in a transaction, or the DataSource itself. */
export type SqlRunner = Pick<DataSource, 'query'>;
