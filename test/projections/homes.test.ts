import { PGlite } from "@electric-sql/pglite";
import {
  adoptCheckpoint,
  type Checkpoints,
  defineProjection,
  type EventStore,
  forgetProjection,
  kvCheckpoints,
  msgpackCodec,
  observe,
  type ObserveOptions,
  read,
  type Running,
  snapshotAndTruncate,
  TruncationBlockedError,
} from "jetfold";
import { MemoryStore } from "jetfold/memory";
import { postgresCheckpoints } from "jetfold/postgres";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Counter, CounterEvents as family } from "../faults/counter.ts";
import { until } from "../faults/until.ts";
import { count } from "../guarantees/list-model.ts";

let postgres: PGlite;
beforeAll(async () => {
  postgres = await PGlite.create();
});
afterAll(() => postgres.close());

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).toReversed()) await one.close();
});

async function openStore(): Promise<EventStore> {
  const store = await MemoryStore.open({ name: "bank", onWarning: () => undefined });
  opened.push(store);
  return store;
}

let homes = 0;

/** Checkpoints in a database of their own: a new schema is as good. */
async function newHome(): Promise<Checkpoints<never>> {
  const schema = `home_${++homes}`;
  await postgres.query(`CREATE SCHEMA ${schema}`);
  return postgresCheckpoints(postgres, { schema }) as Checkpoints<never>;
}

const idOf = async (home: Checkpoints<never>): Promise<string> => (await home.home!("bank"))!;

const projection = defineProjection<typeof family, never>({
  name: "list",
  events: family,
  project: () => undefined,
});

function start(
  store: EventStore,
  checkpoints: Checkpoints<never>,
  options: ObserveOptions<never> = {},
): Running {
  const running = observe<typeof family, never>(store, projection, { ...options, checkpoints });
  opened.push({ close: () => running.stop() });
  return running;
}

async function run(store: EventStore, checkpoints: Checkpoints<never>): Promise<void> {
  const running = start(store, checkpoints);
  await running.caughtUp();
  await running.stop();
}

/** How many commits a truncation deletes. */
async function cut(store: EventStore): Promise<number> {
  const root = await read(store, Counter, "a", { fresh: "leader" });
  return (await snapshotAndTruncate(store, Counter, root, { waitMs: 0 })).deleted;
}

async function keysOf({ projections }: EventStore, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const key of projections.keys()) {
    const own = key.startsWith(prefix);
    if (own && (await projections.get(key, { fresh: "leader" })) !== undefined) keys.push(key);
  }
  return keys.toSorted();
}

/** What was stored in place of an entry before homes were told apart. */
const before = {
  registered: (position: number) => ({ name: "list", version: 1, families: ["Counter"], position }),
  lease: (free: boolean) => ({ holder: "another-process", takeOverMs: 600, free }),
};

async function putEntry({ projections }: EventStore, key: string, value: object): Promise<void> {
  await projections.put(key, msgpackCodec.encode(value, ""));
}

test("a database keeps its home's id, and two have two", async () => {
  const schema = `home_${++homes}`;
  await postgres.query(`CREATE SCHEMA ${schema}`);
  const open = () => postgresCheckpoints(postgres, { schema }) as Checkpoints<never>;
  const [first, again] = await Promise.all([idOf(open()), idOf(open())]);
  expect(again).toBe(first);
  expect(await idOf(await newHome())).not.toBe(first);
  const store = await openStore();
  expect(await kvCheckpoints(store).home!(store.name)).toBeUndefined();
  expect(await kvCheckpoints(store).home!("other")).toBe(store.name);
});

test("truncation waits for the slower of two databases with the same projection", async () => {
  const store = await openStore();
  const [slow, quick] = [await newHome(), await newHome()];
  await count(store);
  await run(store, slow);
  await count(store);
  await run(store, quick);
  await run(store, kvCheckpoints(store) as Checkpoints<never>);
  await expect(cut(store)).rejects.toThrow(TruncationBlockedError);
  await expect(cut(store)).rejects.toThrow(`checkpoint in ${await idOf(slow)}, which is at 1`);
  await run(store, slow);
  expect(await cut(store)).toBe(2);
});

test("the same projection in two databases is active in both, with standby", async () => {
  const store = await openStore();
  const standby = { takeOverMs: 600 };
  const [one, two] = [await newHome(), await newHome()];
  const both = [one, two].map((home) => start(store, home, { standby }));
  const sequence = await count(store);
  for (const running of both) await running.reached(sequence);
  for (const running of both) await until("live", () => running.state === "live");
  const third = start(store, two, { standby });
  await until("standby", () => third.state === "standby");
  await both[1]!.stop();
  await until("taken over", () => third.state === "live");
  expect(both[0]!.state).toBe("live");
});

test("an entry of before holds truncation back until its projection has one of its own", async () => {
  const store = await openStore();
  const [own, another] = [await newHome(), await newHome()];
  for (let n = 0; n < 3; n++) await count(store);
  await run(store, own);
  await forgetProjection(store, "list", 1, {
    home: async () => idOf(own),
    forget: async () => undefined,
  });
  await putEntry(store, "registered.list.1", before.registered(2));
  await expect(cut(store)).rejects.toThrow('"list" version 1, which is at 2');
  // A database that begins: the entry is ahead of it, so it is another's.
  await count(store);
  const beginning = start(store, another, { after: 1 });
  await beginning.caughtUp();
  await beginning.stop();
  expect(await keysOf(store, "registered.")).toContain("registered.list.1");
  await run(store, own);
  const ids = await Promise.all([own, another].map(idOf));
  expect(await keysOf(store, "registered.")).toEqual(
    ids.map((id) => `registered.list.1.${id}`).toSorted(),
  );
  expect(await cut(store)).toBe(4);
});

test("an entry of before stays where it is of checkpoints in the store", async () => {
  const store = await openStore();
  await count(store);
  await run(store, kvCheckpoints(store) as Checkpoints<never>);
  await putEntry(store, "registered.list.1", before.registered(1));
  await putEntry(store, "lease.list.1", before.lease(false));
  const home = await newHome();
  const running = start(store, home, { standby: { takeOverMs: 600 } });
  await running.caughtUp();
  await running.stop();
  await forgetProjection(store, "list", 1, home);
  expect(await keysOf(store, "registered.")).toEqual(["registered.list.1"]);
  expect(await keysOf(store, "lease.")).toEqual(["lease.list.1"]);
});

test("a lease of before is waited for while its holder is alive, and then replaced", async () => {
  const store = await openStore();
  const home = await newHome();
  await putEntry(store, "lease.list.1", before.lease(false));
  const running = start(store, home, { standby: { takeOverMs: 600 } });
  await until("standby", () => running.state === "standby");
  for (let renewals = 0; renewals < 8; renewals++) {
    await new Promise((resolve) => setTimeout(resolve, 150));
    await putEntry(store, "lease.list.1", before.lease(false));
    expect(running.state).toBe("standby");
  }
  await putEntry(store, "lease.list.1", before.lease(true));
  await until("taken over", () => running.state === "live");
  expect(await keysOf(store, "lease.")).toEqual([`lease.list.1.${await idOf(home)}`]);
});

test("forgetting, and adopting elsewhere, leave no entry of a home behind", async () => {
  const store = await openStore();
  const [one, two] = [await newHome(), await newHome()];
  await count(store);
  const running = start(store, one, { standby: true });
  await running.caughtUp();
  await running.stop();
  await adoptCheckpoint(store, projection, two, { source: one });
  expect(await keysOf(store, "registered.")).toEqual([]);
  await run(store, two);
  await putEntry(store, "registered.list.1", before.registered(1));
  await putEntry(store, "lease.list.1", before.lease(true));
  await forgetProjection(store, "list", 1, one);
  await forgetProjection(store, "list", 1, two);
  expect(await keysOf(store, "")).toEqual([]);
});

test("a checkpoint that is adopted where it is stays", async () => {
  const store = await openStore();
  await count(store);
  for (const home of [await newHome(), kvCheckpoints(store) as Checkpoints<never>]) {
    await run(store, home);
    await adoptCheckpoint(store, projection, home);
    const owner = { store: store.name, name: "list", version: 1 };
    expect((await home.resume(owner)).at?.sequence).toBe(1);
    await forgetProjection(store, "list", 1, home);
  }
});
