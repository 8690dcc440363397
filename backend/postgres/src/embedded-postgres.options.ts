import type { PostgresExit } from './server-process.ts';

/** How to start an embedded PostgreSQL. */
export interface EmbeddedPostgresOptions {
  /** The folder that holds the data, the password and who owns them. Made if absent. See {@link defaultDataDir}. */
  dataDir: string;
  /**
   * Where to look first for the package with the binaries.
   * @default the surroundings of this package
   */
  checkoutDir?: string;
  /**
   * How long making an empty data folder may take, and how long the server may take to be ready.
   * @default 30000
   */
  startTimeoutMs?: number;
  /**
   * How long `stop()` waits for clients' sessions to end before it stops the server firmly.
   * @default 10000
   */
  stopTimeoutMs?: number;
  /**
   * The database to connect to, made if absent: 1 to 63 letters, digits, `_` or `-`, a letter first.
   * @default 'fleetdeck'
   */
  database?: string;
  /**
   * Settings of the server, such as `{ fsync: 'off' }`. An adopted server keeps those it was started with. The
   * launcher decides about `listen_addresses`, `port` and the folders.
   * @default {}
   */
  settings?: Readonly<Record<string, string>>;
  /**
   * Gets every line of the server's own log. The server never sees the password in clear text.
   * @default nothing is done with them
   */
  onNotice?(line: string): void;
  /**
   * Gets what the launcher itself has to say, such as that a server was adopted.
   * @default nothing is done with it
   */
  log?(message: string): void;
}

/** A running embedded PostgreSQL. */
export interface EmbeddedPostgres {
  /** The address of the database, with the password: do not log it. */
  readonly url: string;
  /** The port on 127.0.0.1. */
  readonly port: number;
  /** The number of the server's process. */
  readonly pid: number;
  /** Whether the server had been left running by a service that was killed. */
  readonly adopted: boolean;
  /** The data folder, with symbolic links resolved. */
  readonly dataDir: string;
  /** Settles when the server is gone, by `stop()` or by itself (`expected` is `false`). Never rejects. */
  readonly exited: Promise<PostgresExit>;
  /**
   * Stops the server and gives the data folder back. Further calls answer as the first.
   * @throws EmbeddedPostgresError `STOP_TIMED_OUT`
   */
  stop(): Promise<void>;
}
