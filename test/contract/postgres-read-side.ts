import { randomBytes } from "node:crypto";
import { type Database, postgresCheckpoints, type Sql } from "jetfold/postgres";
import type { ReadModel, ReadSide } from "jetfold/testing";

/** A pool or a PGlite, used outside of transactions too. */
export type QueriedDatabase = Database & Sql;

/** A new schema with a table of lines, for one case; `close` drops it with all it holds. */
export async function readSideIn(database: QueriedDatabase): Promise<ReadSide<Sql>> {
  const schema = `case_${randomBytes(6).toString("hex")}`;
  await database.query(`CREATE SCHEMA ${schema}`);
  await database.query(`CREATE TABLE ${schema}.lines (n bigserial, model text, line text)`);
  return {
    checkpoints: () => postgresCheckpoints(database, { schema }),
    model: (name) => linesOf(database, `${schema}.lines`, name),
    close: async () => void (await database.query(`DROP SCHEMA ${schema} CASCADE`)),
  };
}

function linesOf(database: Sql, table: string, model: string): ReadModel<Sql> {
  return {
    async append(tx, line) {
      await tx.query(`INSERT INTO ${table} (model, line) VALUES ($1, $2)`, [model, line]);
    },
    async read() {
      const text = `SELECT line FROM ${table} WHERE model = $1 ORDER BY n`;
      const { rows } = await database.query(text, [model]);
      return (rows as { readonly line: string }[]).map(({ line }) => line);
    },
  };
}
