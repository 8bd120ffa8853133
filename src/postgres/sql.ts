/**
 * What a handler writes its read model with: SQL in a transaction that also holds the checkpoint.
 *
 * It is the handler's for as long as its step. The step waits for all the queries that the handler
 * has begun, awaited or not, and fails when one of those that are left fails. A query that comes
 * later is refused with a TransactionError, and a warning `"late-query"` says so. Never end the
 * transaction: when a handler does (COMMIT, ROLLBACK), the projection stops with a TransactionError.
 * Savepoints of its own are the handler's to use.
 */
export interface Sql {
  /**
   * @param values - for `$1`, `$2` …
   * @throws {@link TransactionError} when the handler's step is over
   * @throws {@link InvalidInputError} when it is given a callback, a cursor or a stream
   */
  // oxlint-disable-next-line typescript/no-explicit-any -- as both clients declare it
  query(text: string, values?: any[]): Promise<SqlResult>;
}

/** What a statement came to. */
export interface SqlResult {
  // oxlint-disable-next-line typescript/no-explicit-any -- as both clients declare it
  readonly rows: any[];
  /** How many rows were changed, as `pg` tells it. */
  readonly rowCount?: number | null;
  /** The same, as PGlite does. */
  readonly affectedRows?: number;
  /** What was done, as `pg` tells it: to COMMIT the server may answer "ROLLBACK". */
  readonly command?: string | null;
}

/** A `pg` pool, as far as it is needed. */
export interface SqlPool {
  connect(): Promise<PooledSql>;
  /** It has been closed. */
  readonly ended?: boolean;
  on?(event: "error", listener: (error: Error) => void): unknown;
  on?(event: "connect", listener: (client: PooledSql) => void): unknown;
}

/** A connection of a pool, to be given back. */
export interface PooledSql extends Sql {
  /** @param broken - it is not to be used again */
  release(broken?: boolean): void;
  on?(event: "error", listener: (error: Error) => void): unknown;
}

/** A database in this process, such as PGlite: one connection, transactions one after another. */
export interface EmbeddedSql {
  transaction<T>(work: (tx: Sql) => Promise<T>): Promise<T>;
  /** It has been closed. */
  readonly closed?: boolean;
}

/** Where transactions come from. The caller's, who closes it. */
export type Database = SqlPool | EmbeddedSql;
