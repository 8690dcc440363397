export interface OwnPostgres {
  /** Stays the same when the server is stopped and started again. */
  url: string;
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Stops it for good and removes its data. */
  close(): Promise<void>;
}
export function ownPostgres(): Promise<OwnPostgres>;
