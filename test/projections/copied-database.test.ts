import pg from "pg";
import {
  type Checkpoints,
  defineProjection,
  forgetProjection,
  observe,
  read,
  type Running,
  snapshotAndTruncate,
} from "jetfold";
import { MemoryStore } from "jetfold/memory";
import { postgresCheckpoints, postgresTables, type Sql } from "jetfold/postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Counter, CounterEvents as family } from "../faults/counter.ts";
import { until } from "../faults/until.ts";
import { count } from "../guarantees/list-model.ts";
import { realPostgres, type TestDatabase } from "../postgres/test-database.ts";

let on: TestDatabase | undefined;
const pools: pg.Pool[] = [];
beforeAll(async () => {
  on = await realPostgres();
}, 180_000);
afterAll(async () => {
  for (const pool of pools) await pool.end();
  await on?.close();
});

let names = 0;

const projection = defineProjection<typeof family, Sql>({
  name: "list",
  events: family,
  project: () => undefined,
});

function poolOf(database: string, role?: string): pg.Pool {
  const url = new URL(on!.url!);
  url.pathname = `/${database}`;
  const options = role === undefined ? {} : { options: `-c role=${role}` };
  const pool = new pg.Pool({ connectionString: url.href, max: 4, ...options });
  pools.push(pool);
  return pool;
}

async function create(rest = ""): Promise<string> {
  const name = `copied_${process.pid}_${++names}`;
  await on!.database.query(`CREATE DATABASE ${name} ${rest}`);
  return name;
}

const idOf = (pool: pg.Pool): Promise<string | undefined> =>
  postgresCheckpoints(pool).home!("bank");

async function openStore(): Promise<MemoryStore> {
  const store = await MemoryStore.open({ name: "bank", onWarning: () => undefined });
  await count(store);
  return store;
}

/** No one else may be connected to what is copied or renamed. */
async function leave(pool: pg.Pool): Promise<void> {
  pools.splice(pools.indexOf(pool), 1);
  await pool.end();
}

test("a copy of a database is another home, with a position and a lease of its own", async (context) => {
  if (on?.url === undefined) return context.skip("no PostgreSQL on this machine");
  const store = await openStore();
  const name = await create();
  const first = poolOf(name);
  const start = (pool: pg.Pool): Running =>
    observe(store, projection, {
      checkpoints: postgresCheckpoints(pool),
      standby: { takeOverMs: 1_000 },
    });
  const before = start(first);
  await before.caughtUp();
  await before.stop();
  const id = await idOf(first);
  await leave(first);
  const copy = await create(`TEMPLATE ${name}`);
  const [one, two] = [poolOf(name), poolOf(copy)];
  expect(await idOf(one)).toBe(id);
  const other = await idOf(two);
  expect([other === id, other === (await idOf(two))]).toEqual([false, true]);
  await count(store);
  const run = async (pool: pg.Pool): Promise<void> => {
    const running = start(pool);
    await running.caughtUp();
    await running.stop();
  };
  await run(two);
  await count(store);
  await run(one);
  const truncate = async () =>
    snapshotAndTruncate(store, Counter, await read(store, Counter, "a", { fresh: "leader" }));
  await expect(truncate()).rejects.toThrow(`checkpoint in ${other}, which is at 2`);
  const both = [start(one), start(two)];
  await until("both live", () => both.every(({ state }) => state === "live"));
  for (const running of both) await running.stop();
  // One that is gone is forgotten by its home, as the refusal names it.
  const gone = { home: async () => other, forget: async () => undefined };
  await forgetProjection(store, "list", 1, gone);
  expect((await truncate()).deleted).toBe(3);
});

test("a database that is renamed keeps its home", async (context) => {
  if (on?.url === undefined) return context.skip("no PostgreSQL on this machine");
  const name = await create();
  const first = poolOf(name);
  const id = await idOf(first);
  await leave(first);
  await on.database.query(`ALTER DATABASE ${name} RENAME TO ${name}_later`);
  expect(await idOf(poolOf(`${name}_later`))).toBe(id);
});

test("a home of before is kept, also by a role that may not change its table", async (context) => {
  if (on?.url === undefined) return context.skip("no PostgreSQL on this machine");
  const pool = poolOf(await create());
  // As it was stored before the database was told.
  await pool.query("CREATE TABLE jetfold_home (one boolean PRIMARY KEY DEFAULT true, id text)");
  await pool.query("INSERT INTO jetfold_home (id) VALUES ('before')");
  const others = postgresTables()
    .split(";")
    .filter((text) => !text.includes("jetfold_home"));
  await pool.query(others.join(";"));
  const role = `reader_${process.pid}`;
  await pool.query(`CREATE ROLE ${role}`);
  await pool.query(`GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public TO ${role}`);
  const { database } = pool.options;
  const own = database ?? new URL(pool.options.connectionString!).pathname.slice(1);
  expect(await idOf(poolOf(own, role))).toBe("before");
  expect(await idOf(pool)).toBe("before");
  const bound = await pool.query("SELECT database FROM jetfold_home");
  expect(bound.rows[0]).toEqual({ database: expect.stringMatching(/^\d+-\d+$/) as string });
  expect(await idOf(poolOf(own, role))).toBe("before");
  await pool.query("UPDATE jetfold_home SET database = 'another'");
  expect(await idOf(poolOf(own, role))).toMatch(/^before-\d+-\d+$/);
  const checkpoints: Checkpoints<Sql> = postgresCheckpoints(pool);
  expect(await checkpoints.home!("bank")).toMatch(/^before-/);
});
