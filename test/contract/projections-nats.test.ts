import { PGlite } from "@electric-sql/pglite";
import { connect } from "@nats-io/transport-node";
import { afterAll, describe, expect, test } from "vitest";
import { NatsStore } from "jetfold/nats";
import type { Sql } from "jetfold/postgres";
import {
  projectionContract,
  type ProjectionHarness,
  skippedProjectionCases,
  startNatsServer,
} from "jetfold/testing";
import { readSideIn } from "./postgres-read-side.ts";
import { type ProjectedStore, suitesElsewhere } from "./suites-elsewhere.ts";

const server = await startNatsServer();
const connection = await connect({ servers: server.url });
const database = await PGlite.create();
afterAll(async () => {
  await database.close();
  await connection.close();
  await server.close();
});

let opened = 0;
const store: ProjectedStore = {
  open: ({ name = `store-${opened++}`, onWarning = () => undefined, ...options } = {}) =>
    NatsStore.open(connection, { ...options, name, onWarning }),
  async putForeign({ name }, family, id, bytes) {
    await connection.request(`${name}.${family}.${id}`, bytes);
  },
};

const embedded: ProjectionHarness<Sql> = { ...store, readSide: () => readSideIn(database) };
const suites = {
  ...suitesElsewhere(store),
  "postgresCheckpoints, on PGlite": projectionContract(embedded),
};

describe.concurrent.each(Object.entries(suites))("%s", (_, cases) => {
  for (const { name, run, timeoutMs } of cases) test(name, () => run(), timeoutMs);
});

test("nothing is left out where there are transactions", () => {
  expect(skippedProjectionCases(embedded)).toEqual([]);
});
