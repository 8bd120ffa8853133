import {
  ClosedError,
  ConfigError,
  isJetfoldError,
  TransactionError,
  UnavailableError,
} from "../event/index.ts";
import { OpenTransaction } from "./open-transaction.ts";
import { madeReadOnly, ofHandler } from "./read-only.ts";
import { connected } from "./connected.ts";
import type { Database, EmbeddedSql, Sql } from "./sql.ts";
import { asOutage, asPassing, isDeniedBy, isReadOnly } from "./sql-errors.ts";

/** Nobody knows whether the transaction was committed: the connection broke while it was. */
export class UnknownCommitError extends UnavailableError {}

/** What else a transaction is told. */
export interface TransactionOptions {
  /** See `ResumeOptions.idleMs`. A database in this process hangs with it, and is not told. */
  readonly idleMs?: number | undefined;
}

/**
 * Do something in a transaction (READ COMMITTED, PostgreSQL's default) and commit it. A connection
 * of which it is not sure that the transaction is over is not used again.
 * @throws what `work` throws, when the transaction was rolled back
 * @throws {@link UnavailableError} when the database is away, or gives up a transaction for reasons
 *   of its own (a deadlock, a shutdown, one that was left idle): it may be done again
 * @throws {@link UnknownCommitError} when the answer to COMMIT is missing
 * @throws {@link TransactionError} when a handler has ended it
 * @throws {@link ConfigError} when the database refuses
 */
export async function inTransaction<T>(
  database: Database,
  work: (tx: OpenTransaction) => Promise<T>,
  { idleMs }: TransactionOptions = {},
): Promise<T> {
  if ("transaction" in database) return embedded(database, work);
  const client = await connected(database).catch(refuse);
  let broken = true;
  try {
    await client.query(beginning(idleMs)).catch(refuse);
    const tx = new OpenTransaction(client, true);
    let value: T;
    try {
      value = await work(tx);
    } catch (error) {
      const isOver = await tx.abandon(error);
      broken = !isOver || isJetfoldError(error, "transaction");
      const ask = (question: string) => client.query(question);
      if (isOver && (await madeReadOnly(ask, tx.wasLent, error))) throw ofHandler(error);
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
  const bounded = `SET LOCAL idle_in_transaction_session_timeout = ${idleMs}`;
  return ["BEGIN", ...(idleMs === undefined ? [] : [bounded]), OpenTransaction.proof].join("; ");
}

/** @throws always */
function refuse(error: unknown): never {
  const outage = asOutage(error);
  if (outage !== undefined) throw outage;
  if (isDeniedBy(error)) throw new ConfigError(`PostgreSQL: ${error.message}`, { cause: error });
  throw error;
}

async function commit(client: Sql): Promise<void> {
  const answer = await client.query("COMMIT").catch((error: unknown) => {
    if (asOutage(error) === undefined) throw error;
    const options = { cause: error };
    throw new UnknownCommitError("the connection broke while a transaction was committed", options);
  });
  // No error says so (PostgreSQL, "COMMIT" of a transaction in which a statement has failed).
  if (answer.command === "ROLLBACK") {
    throw new TransactionError("PostgreSQL rolled a transaction back that was to be committed");
  }
}

async function embedded<T>(
  database: EmbeddedSql,
  work: (tx: OpenTransaction) => Promise<T>,
): Promise<T> {
  if (database.closed === true) {
    throw new ClosedError("the database is closed");
  }
  let wasLent = false;
  const transaction = async (sql: Sql): Promise<T> => {
    await sql.query(OpenTransaction.proof);
    const tx = new OpenTransaction(sql, false);
    try {
      return await work(tx);
    } catch (error) {
      ({ wasLent } = tx);
      await tx.abandon(error);
      throw error;
    }
  };
  try {
    return await database.transaction(transaction);
  } catch (error) {
    const ask = (question: string) => database.transaction((sql) => sql.query(question));
    if (await madeReadOnly(ask, wasLent, error)) throw ofHandler(error);
    throw isReadOnly(error) ? (asPassing(error) ?? error) : error;
  }
}
