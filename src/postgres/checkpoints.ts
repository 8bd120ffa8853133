import type { Checkpoints } from "../project/index.ts";
import { checkOptions, isText, type Rules } from "../event/arguments.ts";
import { PostgresCheckpoint } from "./postgres-checkpoint.ts";
import { homeOf } from "./home.ts";
import { warningOf } from "./lent-sql.ts";
import { activeVersion, ownedBy, checkpointKey } from "./rows.ts";
import { ensureTables, tablesIn } from "./schema.ts";
import type { Database, Sql } from "./sql.ts";
import { inTransaction } from "./transaction.ts";
import { checkKind } from "../event/kinds.ts";

/** Where the tables of checkpoints are. */
export interface PostgresOptions {
  /** A schema that exists. @default "public" */
  readonly schema?: string;
}

const postgresRules: Rules<PostgresOptions> = { schema: isText };

/**
 * Checkpoints in PostgreSQL, for read models in the same database: a handler is given the
 * transaction, and the checkpoint is written in it, on condition that it is still the one before. So
 * each commit takes effect exactly once, whatever crashes, and of two processes that run the same
 * projection one is refused with everything it did.
 *
 * Makes its tables when they are not there; see {@link postgresTables}.
 *
 * @param database - a `pg` pool or a PGlite; the caller's, who closes it. A pool waits for ever unless
 *   told otherwise: give it `connectionTimeoutMillis` and `query_timeout`
 * @throws {@link ConfigError} when the schema's name is none
 */
export function postgresCheckpoints(
  database: Database,
  given: PostgresOptions = {},
): Checkpoints<Sql> {
  checkOptions("postgresCheckpoints", given, postgresRules);
  const { schema = "public" } = given;
  const tables = tablesIn(schema);
  checkKind("database", database);
  let made = false;
  let home: string | undefined;
  const ensure = async (): Promise<void> => {
    if (!made) await ensureTables(database, schema);
    made = true;
  };
  return {
    durable: true,
    transactional: true,
    async home() {
      await ensure();
      return (home ??= await homeOf(database, tables));
    },
    async resume(owner, options) {
      await ensure();
      return PostgresCheckpoint.load(database, tables, owner, options);
    },
    async activeVersion(owner) {
      await ensure();
      return inTransaction(database, (tx) => activeVersion(tx, tables, owner));
    },
    async forget(owner, work) {
      await ensure();
      await inTransaction(database, async (tx) => {
        if (work !== undefined) await tx.lend(work, warningOf(checkpointKey(owner)));
        for (const table of [tables.parked, tables.checkpoints, tables.active]) {
          await tx.query(`DELETE FROM ${table} WHERE ${ownedBy(owner)}`);
        }
      });
    },
  };
}
