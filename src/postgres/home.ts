import { newId } from "../event/index.ts";
import { emitWarning } from "../event/backend/index.ts";
import type { OpenTransaction } from "./open-transaction.ts";
import type { Tables } from "./schema.ts";
import type { Database } from "./sql.ts";
import { isDeniedBy } from "./sql-errors.ts";
import { literal } from "./statement.ts";
import { inTransaction } from "./transaction.ts";

/**
 * The home of these tables: an id that is stored in them, by whoever asks first, beside the identity of
 * the database. Elsewhere that row is a copy (a template, a restored dump), and the home is another
 * one: of two databases each has its position and its lease.
 * @throws as {@link inTransaction}
 */
export async function homeOf(database: Database, tables: Tables): Promise<string> {
  const isBound = await bind(database, tables);
  const [id, boundTo, identity] = await inTransaction(database, async (tx) => {
    const here = await identityOf(tx);
    const own = isBound ? { columns: ", database", values: `, ${literal(here)}` } : unbound;
    await tx.query(
      `INSERT INTO ${tables.home} (id${own.columns}) VALUES (${literal(newId())}${own.values})
       ON CONFLICT DO NOTHING`,
    );
    const { rows } = await tx.query(`SELECT id::text${own.columns} FROM ${tables.home}`);
    return [rows[0]![0]!, rows[0]![1] ?? here, here];
  });
  if (boundTo === identity) return id;
  const home = `${id}-${identity}`;
  emitWarning({ code: "home", message: copied(id, home) });
  return home;
}

const unbound = { columns: "", values: "" };

/**
 * What a database is told from others by: its cluster, and its number there. Both stay when it is
 * renamed, restarted, or goes on on its replica; a database that is made from a template or a dump
 * has another number, one that is copied into another cluster another cluster.
 */
async function identityOf(tx: OpenTransaction): Promise<string> {
  const text = "SELECT oid::text FROM pg_catalog.pg_database WHERE datname = current_database()";
  const number = (await tx.query(text)).rows[0]![0]!;
  const asked = "to_regprocedure('pg_catalog.pg_control_system()')";
  const may = await tx.query(`SELECT has_function_privilege(${asked}, 'execute')::text`);
  if (may.rows[0]![0] !== "true") return number;
  const cluster = "SELECT system_identifier::text FROM pg_catalog.pg_control_system()";
  return `${(await tx.query(cluster)).rows[0]![0]}-${number}`;
}

/**
 * Tie a row that was stored before to this database. A role that may not keeps it as it was: a copy
 * then has the same home.
 * @returns whether there is a column for it
 */
async function bind(database: Database, { home }: Tables): Promise<boolean> {
  const isThere = await inTransaction(database, (tx) => hasIdentity(tx, home));
  try {
    await inTransaction(database, async (tx) => {
      if (!isThere) await tx.query(withIdentity(home));
      const { rows } = await tx.query(`SELECT 1::text FROM ${home} WHERE database IS NULL`);
      if (rows.length === 0) return;
      const here = literal(await identityOf(tx));
      await tx.query(`UPDATE ${home} SET database = ${here} WHERE database IS NULL`);
    });
    return true;
  } catch (error) {
    if (isDeniedBy(error)) return isThere;
    throw error;
  }
}

/** The statement that makes the column, unless it is there. */
export function withIdentity(home: string): string {
  return `ALTER TABLE ${home} ADD COLUMN IF NOT EXISTS database text`;
}

async function hasIdentity(tx: OpenTransaction, home: string): Promise<boolean> {
  const { rows } = await tx.query(
    `SELECT 1::text FROM pg_catalog.pg_attribute
     WHERE attrelid = to_regclass(${literal(home)}) AND attname = 'database' AND NOT attisdropped`,
  );
  return rows.length > 0;
}

function copied(id: string, home: string): string {
  return (
    `the tables of checkpoints were copied from another database, so they have a home of their own: ` +
    `"${home}". If the other database is gone, forget what it has registered, or truncation waits for ` +
    `it: forgetProjection(store, name, version, { home: async () => "${id}", forget: async () => {} })`
  );
}
