import pg from "pg";
import { defineProjection, observe, type Running } from "jetfold";
import { MemoryStore } from "jetfold/memory";
import { postgresCheckpoints, type Sql } from "jetfold/postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { counted, CounterEvents } from "../faults/counter.ts";
import { until } from "../faults/until.ts";
import { realPostgres, type TestDatabase } from "../postgres/test-database.ts";

let on: TestDatabase | undefined;
const closing: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  on = await realPostgres();
}, 180_000);
afterAll(async () => {
  for (const close of closing.toReversed()) await close();
  await on?.close();
});

/** The time-outs of a pool, as its owner may set them. */
const timeouts: readonly (readonly [string, pg.PoolConfig])[] = [
  ["query_timeout", { query_timeout: 500 }],
  ["statement_timeout", { statement_timeout: 500 }],
  ["lock_timeout", { lock_timeout: 500 }],
];

let names = 0;

interface Place {
  readonly store: MemoryStore;
  readonly pool: pg.Pool;
  put(id: string): Promise<void>;
  start(project: (id: string, tx: Sql) => Promise<unknown>): Running;
}

async function placeWith(config: pg.PoolConfig): Promise<Place> {
  const store = await MemoryStore.open({ name: `slow-${++names}`, onWarning: () => undefined });
  const pool = new pg.Pool({ connectionString: on!.url!, ...config });
  closing.push(() => pool.end());
  return {
    store,
    pool,
    async put(id) {
      const events = [counted(id, 1)];
      await store.publish({ family: CounterEvents, id, expect: "any", events });
    },
    start(project) {
      const running = observe(
        store,
        defineProjection<typeof CounterEvents, Sql>({
          name: "slow",
          events: CounterEvents,
          project: ({ id }, tx) => project(id, tx),
          onError: { policy: "park", retries: 1, firstMs: 1 },
        }),
        { checkpoints: postgresCheckpoints(pool) },
      );
      closing.push(() => running.stop());
      return running;
    },
  };
}

test.each(timeouts)(
  "with %s, a checkpoint that somebody locks is waited for",
  async (_, config) => {
    if (on?.url === undefined) return;
    const { store, put, start } = await placeWith(config);
    const seen: string[] = [];
    const running = start(async (id) => void seen.push(id));
    await put("a");
    await running.caughtUp();
    const other = new pg.Client({ connectionString: on.url });
    await other.connect();
    await other.query("BEGIN");
    const text = "SELECT 1 FROM jetfold_checkpoints WHERE store = $1 FOR UPDATE";
    await other.query(text, [store.name]);
    await put("b");
    await until("waiting", () => running.state === "waiting");
    await other.query("COMMIT");
    await other.end();
    await until("live", () => running.state === "live");
    await running.caughtUp();
    expect([running.state, running.parked.list()]).toEqual(["live", []]);
    expect(seen.at(-1)).toBe("b");
  },
);

test.each(timeouts)(
  "with %s, what a handler waits too long for is its failure",
  async (_, config) => {
    if (on?.url === undefined) return;
    const { pool, put, start } = await placeWith(config);
    const table = `slow_${names}`;
    const other = new pg.Client({ connectionString: on.url });
    await other.connect();
    await other.query(`CREATE TABLE ${table} (id text)`);
    await other.query(`BEGIN; LOCK TABLE ${table}`);
    const running = start(async (id, tx) => {
      if (id === "bad") await tx.query(`INSERT INTO ${table} VALUES ('bad')`);
    });
    await put("bad");
    await put("good");
    await until("parked", () => running.parked.list().length === 1);
    await running.caughtUp();
    expect(running.parked.list()[0]).toMatchObject({ id: "bad", attempts: 2 });
    await other.query("ROLLBACK");
    expect(await running.parked.retry()).toEqual([]);
    const { rows } = await other.query(`SELECT id FROM ${table}`);
    expect(rows).toEqual([{ id: "bad" }]);
    await other.end();
    expect((await pool.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
  },
);
