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
  const place = await inTransaction(database, (tx) => placeOf(tx, tables));
  const [id, boundTo] = place.stored ?? (await store(database, tables, place.identity));
  if (boundTo === place.identity) return id;
  const home = `${id}-${place.identity}`;
  emitWarning({ code: "home", message: copied(id, home) });
  return home;
}

/** A home's id, and the identity of the database in which it was made. */
type StoredHome = readonly [id: string, boundTo: string];

/** Where a transaction is. */
interface Place {
  /**
   * What the database is told from others by: its cluster, and its number there. Both stay when it is
   * renamed, restarted, or goes on on its replica; a database that is made from a template or a dump
   * has another number, one that is copied into another cluster another cluster.
   */
  readonly identity: string;
  /** Undefined when there is none yet, or one that is tied to no database. */
  readonly stored: StoredHome | undefined;
}

/** All in one question, and another where it is allowed: this is asked at every start. */
async function placeOf(tx: OpenTransaction, { home }: Tables): Promise<Place> {
  const { rows } = await tx.query(
    `SELECT oid::text,
       has_function_privilege(to_regprocedure('pg_catalog.pg_control_system()'), 'execute')::text,
       (SELECT to_jsonb(home)::text FROM ${home} AS home)
     FROM pg_catalog.pg_database WHERE datname = current_database()`,
  );
  const [number, may, row] = rows[0]!;
  const identity = may === "true" ? `${await clusterOf(tx)}-${number}` : number!;
  const { id, database } = JSON.parse(row ?? "{}") as Record<string, string | null | undefined>;
  return { identity, stored: id && database ? [id, database] : undefined };
}

async function clusterOf(tx: OpenTransaction): Promise<string> {
  const text = "SELECT system_identifier::text FROM pg_catalog.pg_control_system()";
  return (await tx.query(text)).rows[0]![0]!;
}

/** Store a home where there is none, and tie one that is there to this database, where that is allowed. */
async function store(database: Database, tables: Tables, here: string): Promise<StoredHome> {
  const isBound = await bind(database, tables, here);
  return inTransaction(database, async (tx) => {
    const own = isBound ? { columns: ", database", values: `, ${literal(here)}` } : unbound;
    await tx.query(
      `INSERT INTO ${tables.home} (id${own.columns}) VALUES (${literal(newId())}${own.values})
       ON CONFLICT DO NOTHING`,
    );
    const { rows } = await tx.query(`SELECT id::text${own.columns} FROM ${tables.home}`);
    return [rows[0]![0]!, rows[0]![1] ?? here];
  });
}

const unbound = { columns: "", values: "" };

/**
 * Tie a row that was stored before to this database. A role that may not keeps it as it was: a copy
 * then has the same home.
 * @returns whether there is a column for it
 */
async function bind(database: Database, { home }: Tables, here: string): Promise<boolean> {
  const isThere = await inTransaction(database, (tx) => hasIdentity(tx, home));
  try {
    await inTransaction(database, async (tx) => {
      if (!isThere) await tx.query(withIdentity(home));
      await tx.query(`UPDATE ${home} SET database = ${literal(here)} WHERE database IS NULL`);
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
