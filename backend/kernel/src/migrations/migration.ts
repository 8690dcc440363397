/** One forward-only step of a module's schema. Once released it never changes: a later one mends it. */
export interface Migration {
  /** From 1, without holes. */
  readonly version: number;
  /** What it does, in a few words. */
  readonly name: string;
  /** Statements, separated by semicolons; they run in one transaction. All names are qualified with `fleetdeck.`. */
  readonly sql: string;
}

/** What a module brings to {@link migrateFleetdeck}. */
export interface MigrationSet {
  /** The module's name, as `metrics`. */
  readonly module: string;
  readonly migrations: readonly Migration[];
}
