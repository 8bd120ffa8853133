import { defineEvents, execute } from "jetfold";
import { NatsStore } from "jetfold/nats";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Counter } from "./counter.ts";
import { type Client, Site, storeName } from "./site.ts";
import { storedLog, streamState } from "./stored-log.ts";
import type { TcpProxy } from "./tcp-proxy.ts";
import { within } from "./until.ts";

type Blob = { readonly type: "Blob"; readonly text: string };
const Blobs = defineEvents<Blob>()({ name: "Blob", types: { Blob: {} } });
const blob = (bytes: number): Blob => ({ type: "Blob", text: "x".repeat(bytes) });

/** So that a commit of 900 KB takes longer than an attempt waits for its answer. */
const slow = 400_000;
const large = 900_000;

let site: Site;
beforeAll(async () => {
  site = await Site.start(1);
});
afterAll(() => site.close());

async function stage(): Promise<{
  readonly far: Client & { readonly proxy: TcpProxy };
  readonly near: Client;
  readonly name: string;
}> {
  const name = storeName();
  const near = await site.client(name);
  return { far: await site.proxied(name), near, name };
}

describe("up a slow link", () => {
  test.concurrent("a commit that takes longer than an attempt is sent once and stored once", async () => {
    const { far, near, name } = await stage();
    far.proxy.slow({ up: slow });
    const before = far.proxy.sentUp;
    const commit = { family: Blobs, id: "a", expect: "new", events: [blob(large)] } as const;
    const published = await within("the commit", far.store.publish(commit));
    expect(published).toMatchObject({ repeated: false, head: { revision: 1 } });
    expect(far.proxy.sentUp - before).toBeLessThan(1.05 * large);
    expect(await storedLog(near.connection, name)).toHaveLength(1);
  });

  test.concurrent("what is asked meanwhile passes between transactions, which take turns", async () => {
    const { far } = await stage();
    far.proxy.slow({ up: 2 * slow });
    const done: string[] = [];
    const transactions = ["a", "b"].map((name) => {
      const parts = Array.from({ length: 3 }, (_, i) => {
        return { family: Blobs, id: `${name}${i}`, expect: "new", events: [blob(large)] } as const;
      });
      return far.store.transact(parts).then(() => done.push("a transaction"));
    });
    const asked = far.store.last(Blobs, "a0", { fresh: "leader" }).then(() => done.push("a read"));
    await within("all of it", Promise.all([...transactions, asked]));
    expect(done).toEqual(["a transaction", "a read", "a transaction"]);
  });

  test.concurrent("so are a transaction, a bucket's value, and what comes behind them", async () => {
    const { far, near, name } = await stage();
    far.proxy.slow({ up: 2 * slow });
    const before = far.proxy.sentUp;
    const parts = ["a", "b", "c"].map((id) => {
      return { family: Blobs, id, expect: "new", events: [blob(large)] } as const;
    });
    const [published, , root] = await within(
      "all of it",
      Promise.all([
        far.store.transact(parts),
        far.store.snapshots.put("k", Buffer.alloc(large)),
        execute(far.store, Counter, "a", { by: "a", step: 1 }),
      ]),
    );
    expect(published.map(({ repeated }) => repeated)).toEqual([false, false, false]);
    expect(root.state.count).toBe(1);
    expect(far.proxy.sentUp - before).toBeLessThan(4.1 * large);
    expect((await streamState(near.connection, name)).messages).toBe(4);
    expect((await near.store.snapshots.get("k"))!.value).toHaveLength(large);
  });

  test.concurrent("what can't be sent within its budget was not sent, and says so", async () => {
    const { far, near, name } = await stage();
    far.proxy.slow({ up: slow });
    const publish = (id: string, budgetMs: number): Promise<unknown> => {
      const commit = { family: Blobs, id, expect: "new", events: [blob(large)] } as const;
      return far.store.publish(commit, { budgetMs }).catch((error: unknown) => error);
    };
    const first = ["a", "b"].map((id) => publish(id, 15_000));
    const late = ["c", "d", "e"].map((id) => publish(id, 1_000));
    for (const error of await Promise.all(late))
      expect(error).toMatchObject({ code: "unavailable" });
    for (const told of await Promise.all(first)) expect(told).toMatchObject({ repeated: false });
    const ids = (await storedLog(near.connection, name)).map(({ id }) => id);
    expect(ids.sort()).toEqual(["a", "b"]);
  });

  test.concurrent("nor is a transaction whose turn comes when its time is nearly over", async () => {
    const { far } = await stage();
    far.proxy.hold();
    const transact = (n: number, budgetMs: number): Promise<unknown> => {
      const parts = ["a", "b"].map((id) => {
        return { family: Blobs, id: `${id}${n}`, expect: "new", events: [blob(1)] } as const;
      });
      return far.store.transact(parts, { budgetMs }).catch((error: unknown) => error);
    };
    const first = Array.from({ length: 16 }, (_, n) => transact(n, 8_000));
    const late = Array.from({ length: 16 }, (_, n) => transact(16 + n, 8_001 + 6 * n));
    for (const error of await Promise.all(first))
      expect(error).toMatchObject({ code: "unknown-outcome" });
    for (const error of await Promise.all(late))
      expect(error).toMatchObject({ code: "unavailable" });
  });
});

test("down a slow link everything can be read, in every way", { timeout: 120_000 }, async () => {
  const { near, name } = await stage();
  for (const id of ["a", "b", "c"]) {
    await near.store.publish({ family: Blobs, id, expect: "new", events: [blob(large)] });
  }
  await near.store.snapshots.put("k", Buffer.alloc(large));
  const { connection, proxy } = await site.proxied(name);
  proxy.slow({ down: slow });
  const options = { name, cachedRoots: 0, onWarning: () => undefined };
  const store = await NatsStore.open(connection, options);
  const last = await within("the last commit", store.last(Blobs, "a", { fresh: "leader" }));
  expect(last!.frame.events[0]!.body.length).toBeGreaterThan(large);
  expect(await within("a replica's", store.last(Blobs, "a"))).toBeDefined();
  expect((await within("a value", store.snapshots.get("k")))!.value).toHaveLength(large);
  let replayed = 0;
  const replay = async (): Promise<void> => {
    for await (const { event } of store.replay(Blobs)) replayed += event.text.length;
  };
  await within("a replay", replay(), 30_000);
  expect(replayed).toBe(3 * large);
  const live = store.subscribe(Blobs, { after: 0 });
  let seen = 0;
  const follow = async (): Promise<void> => {
    for await (const _ of live) {
      if (++seen === 3) return;
    }
  };
  await within("a subscription", follow(), 30_000);
  expect(seen).toBe(3);
});

test("1,000 transactions at once end as stored, each sent once", { timeout: 120_000 }, async () => {
  const { near, name } = await stage();
  const witness = await site.connect();
  let committed = 0;
  witness.subscribe(`${name}.>`, {
    callback: (_error, { headers }) => {
      if (headers!.get("Nats-Batch-Commit") === "1") committed++;
    },
  });
  await witness.flush();
  const transact = (i: number): Promise<unknown> => {
    const commits = ["x", "y"].map((id) => {
      return { family: Blobs, id: `${id}${i}`, expect: "new", events: [blob(10)] } as const;
    });
    // On a quiet machine it takes 4 s in all.
    return near.store.transact(commits, { budgetMs: 50_000 });
  };
  const told = await Promise.allSettled(Array.from({ length: 1_000 }, (_, i) => transact(i)));
  expect(told.filter(({ status }) => status === "rejected")).toEqual([]);
  expect((await streamState(near.connection, name)).messages).toBe(2_000);
  await witness.flush();
  expect(committed).toBe(1_000);
});
