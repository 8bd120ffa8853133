import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type EventStore,
  execute,
  importCommits,
  newRoot,
  observe,
  read,
  saveSnapshot,
  write,
} from "jetfold";
import { startNatsServer } from "jetfold/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { counting } from "../worker/counts.ts";
import { Counter, counted, CounterEvents } from "./counter.ts";
import { type Client, Site, storeName } from "./site.ts";
import { TcpProxy } from "./tcp-proxy.ts";
import { until, within } from "./until.ts";

let site: Site;
beforeAll(async () => {
  site = await Site.start(1);
});
afterAll(() => site.close());

const first = (id: string) =>
  ({ family: CounterEvents, id, expect: "new", events: [counted("w", 1)] }) as const;

async function gather<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of source) all.push(one);
  return all;
}

async function firstOf(source: AsyncIterable<unknown>): Promise<unknown> {
  for await (const one of source) return one;
  return undefined;
}

/** Everything that asks the server, on a store that holds aggregate "a". */
const calls: Readonly<Record<string, (store: EventStore) => Promise<unknown>>> = {
  publish: (store) => store.publish(first("b")),
  "publish on any head": (store) => store.publish({ ...first("b"), expect: "any" }),
  transact: (store) => store.transact([first("b"), first("c")]),
  execute: (store) => execute(store, Counter, "b", { by: "w", step: 1 }),
  write: (store) => write(store, Counter, newRoot(Counter, "b"), [counted("w", 1)]),
  importCommits: (store) =>
    importCommits(store, [
      { family: CounterEvents, id: "b", revision: 1, events: [counted("w", 1)] } as never,
    ]),
  read: (store) => read(store, Counter, "b"),
  "read of the leader": (store) => read(store, Counter, "b", { fresh: "leader" }),
  replay: (store) => firstOf(store.replay(CounterEvents)),
  subscribe: (store) => firstOf(store.subscribe(CounterEvents)),
  ids: (store) => firstOf(store.ids(CounterEvents)),
  end: (store) => store.end(CounterEvents),
  count: (store) => store.count(CounterEvents, 0),
  stampAt: (store) => store.stampAt(1),
  truncate: (store) => store.truncate(CounterEvents, "a", 1),
  saveSnapshot: async (store) => saveSnapshot(store, Counter, newRoot(Counter, "b")),
  "a bucket's put": (store) => store.projections.put("key", new Uint8Array(1)),
  "a bucket's get": (store) => store.projections.get("key"),
  observe: async (store) => observe(store, counting(new Map())).done,
};

const ends = {
  closed: async ({ connection }: Client) => {
    await connection.close();
    return { ended: Promise.resolve() };
  },
  "begun to be drained": async ({ connection }: Client) => ({ ended: connection.drain() }),
};

/** The ids that are stored, as somebody else sees them. */
async function storedIds(name: string): Promise<string[]> {
  const { store } = await site.client(name);
  return (await gather(store.replay(CounterEvents))).map(({ id }) => id);
}

describe.each(Object.entries(ends))("on a connection that is %s", (_, end) => {
  test.each(Object.entries(calls))(
    "%s says that it is closed, and stores nothing",
    async (what, call) => {
      const name = storeName();
      const client = await site.client(name);
      await client.store.publish(first("a"));
      const { ended } = await end(client);
      const outcome = call(client.store).catch((error: unknown) => error);
      expect(await within(what, outcome)).toMatchObject({ code: "closed" });
      await ended;
      expect(await storedIds(name)).toEqual(["a"]);
    },
  );

  test("what was under way is stored, is not, or is unknown, as each call says", async () => {
    const name = storeName();
    const client = await site.client(name);
    const begun = Array.from({ length: 200 }, (__, i) =>
      i % 2 === 0
        ? client.store.publish(first(`p${i}`))
        : client.store.transact([first(`p${i}`), first(`q${i}`)]),
    );
    const outcomes = Promise.allSettled(begun);
    await Promise.race(begun);
    await (
      await end(client)
    ).ended;
    const settled = await within("all calls", outcomes);
    const stored = new Set(await storedIds(name));
    for (const [i, one] of settled.entries()) {
      const there = [`p${i}`, `q${i}`].filter((id) => stored.has(id)).length;
      const whole = i % 2 === 0 ? 1 : 2;
      if (one.status === "fulfilled") expect(there).toBe(whole);
      else {
        const { code } = one.reason as { code?: string };
        expect(["closed", "unknown-outcome"]).toContain(code);
        expect(code === "closed" ? [0] : [0, whole]).toContain(there);
      }
    }
  });
});

test("what a server's lowered max_payload refuses is named, and what was stored before is not denied", async () => {
  const directory = await mkdtemp(join(tmpdir(), "jetfold-lowered-"));
  let server = await startNatsServer({ storeDir: directory });
  try {
    await using proxy = await TcpProxy.start(server.port);
    const connection = await site.connect({ servers: proxy.url, ignoreClusterUpdates: true });
    const store = await site.open(connection, "s");
    await store.publish(first("warm"));
    const large = (id: string) => ({
      ...first(id),
      events: [counted("x".repeat(8_000), 1)],
    });
    proxy.holdOnceSent("HPUB s.");
    const lost = [store.publish(large("a")), store.transact([large("b"), large("c")])].map((call) =>
      call.catch((error: unknown) => error),
    );
    const witness = await site.open(await site.connect({ servers: server.url }), "s");
    await until(
      "all to be stored",
      async () => (await gather(witness.ids(CounterEvents))).length === 4,
    );
    const { port } = server;
    await server.close();
    server = await startNatsServer({ storeDir: directory, port, maxPayloadBytes: 4_096 });
    proxy.drop();
    for (const error of await within("the lost ones", Promise.all(lost))) {
      expect(error).toMatchObject({ code: "unknown-outcome", cause: { code: "invalid-input" } });
    }
    for (const call of [
      () => store.publish(large("d")),
      () => store.transact([large("e"), large("f")]),
      () => execute(store, Counter, "g", { by: "x".repeat(8_000), step: 1 }),
    ]) {
      const error = await within(
        "a large one",
        call().catch((e: unknown) => e),
      );
      expect(error).toMatchObject({ code: "invalid-input", field: "events" });
      expect(String(error)).toContain("4096 bytes");
    }
    await store.publish(first("small"));
    expect(await gather(store.ids(CounterEvents))).toEqual(["a", "b", "c", "small", "warm"]);
  } finally {
    await server.close();
    await rm(directory, { recursive: true });
  }
});
