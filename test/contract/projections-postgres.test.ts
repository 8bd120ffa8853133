import { connect } from "@nats-io/transport-node";
import pg from "pg";
import { afterAll, describe, test } from "vitest";
import { isJetfoldError } from "jetfold";
import { NatsStore } from "jetfold/nats";
import type { Sql } from "jetfold/postgres";
import { projectionContract, type ProjectionHarness, startNatsServer } from "jetfold/testing";
import { startPostgres } from "../postgres/start-postgres.ts";
import { readSideIn } from "./postgres-read-side.ts";

/** A database to use: one that is there (`PG_URL`), one that is started here, or why there is none. */
type Found = { readonly url: string; stop?(): Promise<void> } | { readonly missing: string };

async function findDatabase(): Promise<Found> {
  const url = process.env["PG_URL"];
  if (url !== undefined && url !== "") return { url };
  try {
    return await startPostgres({ fsync: false });
  } catch (error) {
    // Where everything must be proved, a missing database is a failure.
    if (!isJetfoldError(error, "unavailable") || process.env["CI"]) throw error;
    return { missing: error.message };
  }
}

const found = await findDatabase();
const missing = "missing" in found ? found.missing : undefined;
const pool = new pg.Pool("url" in found ? { connectionString: found.url, max: 20 } : {});
const server = await startNatsServer();
const connection = await connect({ servers: server.url });
afterAll(async () => {
  await pool.end();
  if ("url" in found) await found.stop?.();
  await connection.close();
  await server.close();
});

let opened = 0;
const harness: ProjectionHarness<Sql> = {
  open: ({ name = `store-${opened++}`, onWarning = () => undefined, ...options } = {}) =>
    NatsStore.open(connection, { ...options, name, onWarning }),
  async putForeign({ name }, family, id, bytes) {
    await connection.request(`${name}.${family}.${id}`, bytes);
  },
  readSide: () => readSideIn(pool),
};

test("there is a PostgreSQL server", async ({ skip }) => {
  skip(missing !== undefined, missing);
  await pool.query("SELECT 1");
});

describe.concurrent("postgresCheckpoints", () => {
  const cases = missing === undefined ? projectionContract(harness) : [];
  for (const { name, run, timeoutMs } of cases) test(name, () => run(), timeoutMs);
});
