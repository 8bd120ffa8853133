import { ConfigError, UnavailableError } from "../event/index.ts";
import type { Database, EmbeddedSql, PooledSql, Sql, SqlPool } from "./sql.ts";
import { asOutage, asPassing, isDeniedBy } from "./sql-errors.ts";

/** Nobody knows whether the transaction was committed: the connection broke while it was. */
export class UnknownCommitError extends UnavailableError {}

/** What else a transaction is told. */
export interface TransactionOptions {
  /** See `ResumeOptions.idleMs`. A database in this process hangs with it, and is not told. */
  readonly idleMs?: number | undefined;
}

/**
 * Do something in a transaction (READ COMMITTED, PostgreSQL's default) and commit it.
 * @throws what `work` throws, when the transaction was rolled back
 * @throws {@link UnavailableError} when the database is away, or gives up a transaction for reasons
 *   of its own (a deadlock, a shutdown, one that was left idle): it may be done again
 * @throws {@link UnknownCommitError} when the answer to COMMIT is missing
 * @throws {@link ConfigError} when the database refuses
 */
export async function inTransaction<T>(
  database: Database,
  work: (tx: Sql) => Promise<T>,
  { idleMs }: TransactionOptions = {},
): Promise<T> {
  if ("transaction" in database) return embedded(database, work);
  const client = await connected(database);
  let broken = true;
  try {
    await client.query(beginning(idleMs)).catch((error: unknown) => refuse(error));
    let value: T;
    try {
      value = await work(client);
    } catch (error) {
      await rollBack(client, error);
      broken = false;
      throw asPassing(error) ?? error;
    }
    await commit(client);
    broken = false;
    return value;
  } finally {
    client.release(broken);
  }
}

/** In one round trip. */
function beginning(idleMs: number | undefined): string {
  if (idleMs === undefined) return "BEGIN";
  return `BEGIN; SET LOCAL idle_in_transaction_session_timeout = ${idleMs}`;
}

type Emitter = Pick<PooledSql, "on">;

const listening = new WeakSet<Emitter>();

async function connected(pool: SqlPool): Promise<PooledSql> {
  if (!listening.has(pool)) listen(pool);
  if (pool.ended === true) throw new UnavailableError("the pool is closed", { final: true });
  try {
    const client = await pool.connect();
    ignoreErrors(client);
    return client;
  } catch (error) {
    return refuse(error);
  }
}

/**
 * A broken connection says so by an event as well, which ends the process when nobody listens: the
 * connection's own from its beginning on (between its idle time and its use there is a moment
 * without a listener, pg-pool 3), and the pool's for those that nobody uses. A connection that was
 * made before has none of its own while it is used.
 */
function listen(pool: SqlPool): void {
  ignoreErrors(pool);
  pool.on?.("connect", ignoreErrors);
}

function ignoreErrors(emitter: Emitter): void {
  if (listening.has(emitter)) return;
  listening.add(emitter);
  emitter.on?.("error", () => undefined);
}

/** @throws always */
function refuse(error: unknown): never {
  const outage = asOutage(error);
  if (outage !== undefined) throw outage;
  if (isDeniedBy(error)) throw new ConfigError(`PostgreSQL: ${error.message}`, { cause: error });
  throw error;
}

/** @throws {@link UnavailableError} when the connection is broken: then the server rolls back */
async function rollBack(client: Sql, cause: unknown): Promise<void> {
  try {
    await client.query("ROLLBACK");
  } catch {
    throw new UnavailableError("the connection to the database broke", { cause });
  }
}

async function commit(client: Sql): Promise<void> {
  try {
    await client.query("COMMIT");
  } catch (error) {
    if (asOutage(error) === undefined) throw error;
    const options = { cause: error };
    throw new UnknownCommitError("the connection broke while a transaction was committed", options);
  }
}

async function embedded<T>(database: EmbeddedSql, work: (tx: Sql) => Promise<T>): Promise<T> {
  if (database.closed === true) {
    throw new UnavailableError("the database is closed", { final: true });
  }
  return database.transaction(work);
}
