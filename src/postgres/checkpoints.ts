import type { CheckpointOwner, Checkpoints } from "../project/index.ts";
import { PostgresCheckpoint } from "./postgres-checkpoint.ts";
import { ensureTables, tablesIn } from "./schema.ts";
import type { Database, Sql } from "./sql.ts";
import { inTransaction } from "./transaction.ts";

/** Where the tables of checkpoints are. */
export interface PostgresOptions {
  /** A schema that exists. @default "public" */
  readonly schema?: string;
}

/**
 * Checkpoints in PostgreSQL, for read models in the same database: a handler is given the
 * transaction, and the checkpoint is written in it, on condition that it is still the one before. So
 * each commit takes effect exactly once, whatever crashes, and of two processes that run the same
 * projection one is refused with everything it did.
 *
 * Makes its tables when they are not there; see {@link postgresTables}.
 *
 * @param database - a `pg` pool or a PGlite; the caller's, who closes it
 * @throws {@link ConfigError} when the schema's name is none
 */
export function postgresCheckpoints(
  database: Database,
  { schema = "public" }: PostgresOptions = {},
): Checkpoints<Sql> {
  const tables = tablesIn(schema);
  return {
    durable: true,
    transactional: true,
    async resume(owner) {
      await ensureTables(database, schema);
      return PostgresCheckpoint.load(database, tables, owner);
    },
    async activeVersion({ store, name }) {
      await ensureTables(database, schema);
      const text = `SELECT version FROM ${tables.active} WHERE store = $1 AND projection = $2`;
      const { rows } = await inTransaction(database, (tx) => tx.query(text, [store, name]));
      return (rows[0] as { readonly version: number } | undefined)?.version;
    },
    async forget(owner, work) {
      await ensureTables(database, schema);
      await inTransaction(database, async (tx) => {
        await work?.(tx);
        const key = keyOf(owner);
        for (const table of [tables.parked, tables.checkpoints, tables.active]) {
          const text = `DELETE FROM ${table} WHERE store = $1 AND projection = $2 AND version = $3`;
          await tx.query(text, key);
        }
      });
    },
  };
}

function keyOf({ store, name, version }: CheckpointOwner): unknown[] {
  return [store, name, version];
}
