/**
 * Why the embedded PostgreSQL could not be started or stopped.
 *
 * - `INVALID_OPTION`: an option of {@link startEmbeddedPostgres} is not usable.
 * - `DATA_DIR_NOT_WRITABLE`: the data folder cannot be made or written.
 * - `DATA_DIR_NOT_REACHABLE`: run as root, the unprivileged account cannot pass a parent of the data folder.
 * - `DATA_DIR_UNSAFE`: other users could swap what lies in the data folder.
 * - `DATA_DIR_CORRUPT`: the data is incomplete or damaged.
 * - `DATA_DIR_OTHER_MAJOR`: the data was written by another major version of PostgreSQL.
 * - `DATA_DIR_IN_USE`: another living service or server uses the data folder.
 * - `BINARIES_MISSING`: the package with the binaries of this platform is not installed.
 * - `BINARIES_UNUSABLE`: the binaries are there but cannot be run.
 * - `PORT_UNAVAILABLE`: no free port of 127.0.0.1 was found.
 * - `START_FAILED`: PostgreSQL gave up; its own first line is quoted.
 * - `START_TIMED_OUT`: PostgreSQL was not ready before `startTimeoutMs`.
 * - `STOP_TIMED_OUT`: PostgreSQL is still there after the last signal.
 */
export type EmbeddedPostgresErrorCode =
  | 'INVALID_OPTION'
  | 'DATA_DIR_NOT_WRITABLE'
  | 'DATA_DIR_NOT_REACHABLE'
  | 'DATA_DIR_UNSAFE'
  | 'DATA_DIR_CORRUPT'
  | 'DATA_DIR_OTHER_MAJOR'
  | 'DATA_DIR_IN_USE'
  | 'BINARIES_MISSING'
  | 'BINARIES_UNUSABLE'
  | 'PORT_UNAVAILABLE'
  | 'START_FAILED'
  | 'START_TIMED_OUT'
  | 'STOP_TIMED_OUT';

/** What the launcher throws: one sentence that can be shown to a person, and a code to switch on. */
export class EmbeddedPostgresError extends Error {
  override readonly name = 'EmbeddedPostgresError';

  /**
   * @param code what kind of failure it is
   * @param message what is wrong, where, and what to do about it
   * @param options the underlying error, when there is one
   */
  constructor(
    readonly code: EmbeddedPostgresErrorCode,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}
