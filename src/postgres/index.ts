/** Read models in PostgreSQL: each commit takes effect exactly once. */
export { postgresCheckpoints, type PostgresOptions } from "./checkpoints.ts";
export { postgresTables } from "./schema.ts";
export type { Database, EmbeddedSql, PooledSql, Sql, SqlPool } from "./sql.ts";
