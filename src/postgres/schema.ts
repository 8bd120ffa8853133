import { CheckpointError, ConfigError } from "../event/index.ts";
import { withIdentity } from "./home.ts";
import { inTransaction } from "./transaction.ts";
import type { OpenTransaction } from "./open-transaction.ts";
import type { Database } from "./sql.ts";
import { isDeniedBy, isRaceOf } from "./sql-errors.ts";
import { literal } from "./statement.ts";

/** The tables, in the schema they are in. */
export interface Tables {
  readonly checkpoints: string;
  readonly active: string;
  readonly parked: string;
  /** One row: the id of these tables, and in which database it was made; see {@link homeOf}. */
  readonly home: string;
}

/** @throws {@link ConfigError} when the schema's name would have to be quoted */
export function tablesIn(schema: string): Tables {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema)) {
    throw new ConfigError(
      `schema must be 1 to 63 of a-z 0-9 _, beginning with no digit: "${schema}"`,
    );
  }
  return {
    checkpoints: `${schema}.jetfold_checkpoints`,
    active: `${schema}.jetfold_active`,
    parked: `${schema}.jetfold_parked`,
    home: `${schema}.jetfold_home`,
  };
}

/**
 * The statements that make the tables of {@link postgresCheckpoints}: for a migration, where the
 * application's role may not create tables. Repeating them does no harm.
 * @param schema - the schema they are in, which exists
 */
export function postgresTables(schema: string = "public"): string {
  const { checkpoints, active, parked, home } = tablesIn(schema);
  return `
CREATE TABLE IF NOT EXISTS ${checkpoints} (
  store text NOT NULL,
  projection text NOT NULL,
  version integer NOT NULL,
  revision bigint NOT NULL,
  runner text NOT NULL,
  sequence bigint NOT NULL,
  checkpoint jsonb NOT NULL,
  PRIMARY KEY (store, projection, version)
);
CREATE TABLE IF NOT EXISTS ${active} (
  store text NOT NULL,
  projection text NOT NULL,
  version integer NOT NULL,
  PRIMARY KEY (store, projection)
);
CREATE TABLE IF NOT EXISTS ${parked} (
  store text NOT NULL,
  projection text NOT NULL,
  version integer NOT NULL,
  family text NOT NULL,
  id text NOT NULL,
  sequence bigint NOT NULL,
  parked jsonb NOT NULL,
  PRIMARY KEY (store, projection, version, family, id)
);
CREATE TABLE IF NOT EXISTS ${home} (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  id text NOT NULL,
  database text
);
${withIdentity(home)};`;
}

/**
 * The first two were always made together, and the others came later: where one of these two is
 * missing beside another table, it is lost with all that was in it.
 * @throws {@link ConfigError} naming it
 */
async function assertNoneLost(tx: OpenTransaction, schema: string): Promise<void> {
  // Of one moment, whoever makes them meanwhile.
  const { rows } = await tx.query(
    `SELECT relname::text FROM pg_catalog.pg_class WHERE relname LIKE 'jetfold%'
     AND relnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = ${literal(schema)})`,
  );
  const { checkpoints, active, parked, home } = tablesIn(schema);
  const there = new Set(rows.map(([name]) => `${schema}.${name}`));
  const lost = [checkpoints, active].filter((table) => !there.has(table));
  if (lost.length === 0 || ![checkpoints, active, parked, home].some((one) => there.has(one)))
    return;
  throw new CheckpointError(
    `${lost.join(" and ")} are missing, although other tables of checkpoints are there: restore what is ` +
      "lost; or make them with the statements of postgresTables(), and a projection that has run says " +
      "what it has lost and how it begins anew",
  );
}

/**
 * Make the tables, unless they are there.
 * @throws {@link ConfigError} when the role may not; otherwise as {@link inTransaction}
 */
export async function ensureTables(database: Database, schema: string): Promise<void> {
  const all = Object.values(tablesIn(schema)) as readonly string[];
  const make = async (tx: OpenTransaction): Promise<void> => {
    // Asked first: who may not create tables may not create them "if not exists" either.
    const there = all.map((table) => `to_regclass(${literal(table)}) IS NOT NULL`);
    const text = `SELECT (${there.join(" AND ")})::text`;
    if ((await tx.query(text)).rows[0]?.[0] === "true") return;
    await assertNoneLost(tx, schema);
    for (const statement of postgresTables(schema).split(";")) {
      if (statement.trim() !== "") await tx.query(statement);
    }
  };
  try {
    await inTransaction(database, make).catch((error: unknown) => {
      if (isRaceOf(error)) return inTransaction(database, make);
      throw error;
    });
  } catch (error) {
    if (!isDeniedBy(error)) throw error;
    const what = `the tables of checkpoints can't be made in schema "${schema}"`;
    const how = "make them by a migration with the statements of postgresTables()";
    throw new ConfigError(`${what} (${error.message}): ${how}`, { cause: error });
  }
}
