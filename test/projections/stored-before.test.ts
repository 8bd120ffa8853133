import { PGlite } from "@electric-sql/pglite";
import {
  type Checkpoints,
  defineProjection,
  type EventStore,
  kvCheckpoints,
  msgpackCodec,
  observe,
} from "jetfold";
import { MemoryStore } from "jetfold/memory";
import { postgresCheckpoints, postgresTables } from "jetfold/postgres";
import { expect, test } from "vitest";
import { counted, CounterEvents as family } from "../faults/counter.ts";
import { until } from "../faults/until.ts";

/** What was stored before an entry could say which side effects it owes: one commit of two is set aside. */
const checkpoint = (storeId: string) => ({
  storeId,
  sequence: 3,
  selects: ["Counter"],
  lastCommit: { sequence: 3, commitId: "c3", family: "Counter", id: "b", revision: 1 },
  effects: 3,
});
const parked = {
  family: "Counter",
  id: "a",
  sequence: 1,
  commitId: "c1",
  revision: 1,
  handled: 0,
  error: "Error: bad",
  attempts: 6,
  parkedAtMs: 1_764_000_000_000,
};

async function openStore(): Promise<EventStore> {
  const store = await MemoryStore.open({ name: "bank", onWarning: () => undefined });
  for (const [n, id] of ["a", "a", "b"].entries()) {
    const commitId = `c${n + 1}`;
    await store.publish({ family, id, expect: "any", events: [counted("w", 1)] }, { commitId });
  }
  return store;
}

async function goOn(store: EventStore, checkpoints: Checkpoints<never>): Promise<void> {
  const [rows, effects]: [string[], string[]] = [[], []];
  const projection = defineProjection<typeof family, never>({
    name: "list",
    events: family,
    project: ({ id, revision }) => void rows.push(`${id}${revision}`),
    effect: ({ id, revision }) => void effects.push(`${id}${revision}`),
  });
  const running = observe<typeof family, never>(store, projection, { checkpoints });
  await until("live", () => running.state === "live");
  expect(running.parked.list()).toEqual([parked]);
  expect(await running.parked.retry()).toEqual([]);
  expect(rows).toEqual(["a1", "a2"]);
  expect(effects).toEqual(["a1", "a2"]);
  await running.stop();
  await store.close();
}

test("checkpoints and entries of before are read from a store's bucket", async () => {
  const store = await openStore();
  const put = (key: string, value: object): Promise<number> =>
    store.projections.put(key, msgpackCodec.encode(value, ""));
  await put("checkpoint.list.1", { ...checkpoint(store.storeId), runner: "another" });
  await put("active.list", { version: 1 });
  await put("parked.list.1.Counter.a", parked);
  await goOn(store, kvCheckpoints(store) as Checkpoints<never>);
});

test("checkpoints and entries of before are read from PostgreSQL", async () => {
  const store = await openStore();
  const postgres = await PGlite.create();
  await postgres.exec(postgresTables());
  // As they were made before they had an id.
  await postgres.exec("DROP TABLE jetfold_home");
  await postgres.query(
    "INSERT INTO jetfold_checkpoints VALUES ('bank', 'list', 1, 7, 'x', 3, $1)",
    [JSON.stringify(checkpoint(store.storeId))],
  );
  await postgres.query("INSERT INTO jetfold_active VALUES ('bank', 'list', 1)");
  await postgres.query(
    "INSERT INTO jetfold_parked VALUES ('bank', 'list', 1, 'Counter', 'a', 1, $1)",
    [JSON.stringify(parked)],
  );
  await goOn(store, postgresCheckpoints(postgres) as Checkpoints<never>);
  await postgres.close();
});
