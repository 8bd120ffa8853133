import { randomBytes } from "node:crypto";
import { PGlite } from "@electric-sql/pglite";
import pg from "pg";
import type { Database, Sql } from "jetfold/postgres";
import { resolvePostgres } from "./resolve-postgres.ts";
import { startPostgres } from "./start-postgres.ts";

/** An empty database for one test file. */
export interface TestDatabase {
  /** "PGlite", or PostgreSQL's version. */
  readonly name: string;
  readonly database: Database & Sql;
  /** For another process; undefined where the database is in this one. */
  readonly url: string | undefined;
  close(): Promise<void>;
}

/** PostgreSQL in this process. */
export async function embeddedPostgres(): Promise<TestDatabase> {
  const database = await PGlite.create();
  return { name: "PGlite", database, url: undefined, close: () => database.close() };
}

/**
 * A real PostgreSQL: a new database on the server at PG_URL (of a role that may create databases),
 * or a server of its own from the programs on this machine. In CI they are fetched where they are
 * not, and there must be one; elsewhere undefined says that there is none.
 */
export async function realPostgres(): Promise<TestDatabase | undefined> {
  const url = process.env["PG_URL"];
  if (url !== undefined && url !== "") return databaseAt(url);
  const inCi = process.env["CI"] !== undefined;
  const installation = await resolvePostgres({ fetch: inCi }).catch((error: unknown) => {
    if (inCi) throw error;
    return undefined;
  });
  if (installation === undefined) return undefined;
  const server = await startPostgres({ fsync: false, installation });
  const pool = poolAt(server.url);
  return {
    name: `PostgreSQL ${server.version}`,
    database: pool,
    url: server.url,
    async close() {
      await pool.end();
      await server.stop();
    },
  };
}

async function databaseAt(url: string): Promise<TestDatabase> {
  const admin = poolAt(url);
  const name = `jetfold_test_${randomBytes(6).toString("hex")}`;
  await admin.query(`CREATE DATABASE ${name}`);
  const own = new URL(url);
  own.pathname = `/${name}`;
  const pool = poolAt(own.href);
  return {
    name: "PostgreSQL at PG_URL",
    database: pool,
    url: own.href,
    async close() {
      await pool.end();
      await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
      await admin.end();
    },
  };
}

function poolAt(connectionString: string): pg.Pool {
  const pool = new pg.Pool({ connectionString, max: 8 });
  pool.on("error", () => undefined);
  return pool;
}
