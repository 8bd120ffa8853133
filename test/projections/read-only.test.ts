import { defineProjection, observe, type Running, type RunState, type StoreWarning } from "jetfold";
import { MemoryStore } from "jetfold/memory";
import { postgresCheckpoints, type Sql } from "jetfold/postgres";
import { afterAll, expect, test } from "vitest";
import { counted, CounterEvents } from "../faults/counter.ts";
import { until } from "../faults/until.ts";
import { embeddedPostgres, realPostgres, type TestDatabase } from "../postgres/test-database.ts";

const closing: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const close of closing.toReversed()) await close();
});

async function placeOn({ database }: TestDatabase) {
  const warnings: StoreWarning[] = [];
  const store = await MemoryStore.open({ name: "notes", onWarning: (one) => warnings.push(one) });
  const put = async (id: string): Promise<void> => {
    const events = [counted(id, 1)];
    await store.publish({ family: CounterEvents, id, expect: "any", events });
  };
  const states: RunState[] = [];
  const start = (name: string, project: (id: string, tx: Sql) => Promise<unknown>): Running => {
    const projection = defineProjection<typeof CounterEvents, Sql>({
      name,
      events: CounterEvents,
      project: ({ id }, tx) => project(id, tx),
      onError: { policy: "park", retries: 1, firstMs: 1 },
    });
    const checkpoints = postgresCheckpoints(database);
    const onState = (state: RunState): void => void states.push(state);
    const running = observe(store, projection, { checkpoints, onState });
    closing.push(() => running.stop());
    return running;
  };
  return { warnings, put, start, states };
}

const databases: readonly (readonly [string, () => Promise<TestDatabase | undefined>])[] = [
  ["PGlite", embeddedPostgres],
  ["PostgreSQL", realPostgres],
];

test.each(databases)(
  "on %s, a handler that makes its own transaction read-only has failed, and is parked",
  { timeout: 180_000 },
  async (_, open) => {
    const on = await open();
    if (on === undefined) return;
    closing.push(() => on.close());
    await on.database.query("CREATE TABLE notes (id text)");
    const { put, start } = await placeOn(on);
    for (const id of ["written", "unwritten", "sound"]) await put(id);
    const running = start("own", async (id, tx) => {
      if (id !== "sound") await tx.query("SET TRANSACTION READ ONLY");
      if (id !== "unwritten") await tx.query("INSERT INTO notes VALUES ($1)", [id]);
    });
    await running.caughtUp({ timeoutMs: 20_000 });
    const parked = running.parked.list().map(({ id, attempts }) => [id, attempts]);
    // One that writes nothing harms nothing: the mode ends with the handler's part of the transaction.
    expect(parked).toEqual([["written", 2]]);
    expect((await on.database.query("SELECT id FROM notes")).rows).toEqual([{ id: "sound" }]);
    await running.stop();
  },
);

test("a database that may only be read is waited for, told of once, and gone on with", async () => {
  const on = await embeddedPostgres();
  closing.push(() => on.close());
  const { put, start, states, warnings } = await placeOn(on);
  const running = start("standby", (_, tx) =>
    tx.query("CREATE TABLE IF NOT EXISTS seen (id text)"),
  );
  await put("before");
  await running.caughtUp();
  await on.database.query("SET default_transaction_read_only = on");
  await put("meanwhile");
  await until("it to wait", () => states.filter((state) => state === "waiting").length > 2);
  expect(warnings).toMatchObject([{ code: "read-only" }]);
  expect(warnings[0]!.message).toContain("waits for a database that may only be read");
  expect(running.parked.list()).toEqual([]);
  await on.database.query("SET default_transaction_read_only = off");
  await running.caughtUp({ timeoutMs: 20_000 });
  await until("live", () => running.state === "live");
  await running.stop();
});
