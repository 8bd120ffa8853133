/**
 * What a handler writes its read model with: SQL in a transaction that also holds the checkpoint.
 * Never end the transaction yourself.
 */
export interface Sql {
  /** @param values - for `$1`, `$2` … */
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
