import {
  CorruptError,
  type Head,
  read,
  saveSnapshot,
  snapshotAndTruncate,
  TruncatedError,
  write,
} from "jetfold";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Counter, counted, CounterEvents, OtherEvents } from "../faults/counter.ts";
import { fill, several } from "../faults/fill.ts";
import { cycles } from "../faults/long.ts";
import { type Client, Site, storeName } from "../faults/site.ts";
import { askApi } from "../faults/stored-log.ts";
import { until } from "../faults/until.ts";
import { gatherAll } from "./gather-all.ts";

const leader = { fresh: "leader" } as const;
const own = { family: CounterEvents, id: "a" };

let site: Site;
beforeAll(async () => {
  site = await Site.start(1);
});
afterAll(() => site.close());

/** A store that holds aggregate "a" of so many commits, with others' between or not. */
async function written(commits: number, wide: boolean): Promise<Client> {
  const client = await site.client(storeName());
  const others = wide ? several(OtherEvents, 5) : [];
  await fill(client.store, [own, ...others], commits * (1 + others.length));
  return client;
}

async function headOf({ store }: Client): Promise<Head> {
  return (await store.last(CounterEvents, "a", leader))!.head;
}

/** Delete from the stream by hand. */
function purge({ connection, store }: Client, body: object): Promise<unknown> {
  return askApi(connection, `STREAM.PURGE.${store.name}`, body);
}

describe.concurrent.each([
  ["side by side", false],
  ["among others'", true],
] as const)("an aggregate whose commits lie %s", (_, wide) => {
  // Within the first round of 16 back-links, at its end, and beyond it.
  test.each([1, 2, 15, 16, 17, 33, 39])(
    "cut so that %i commits are left, without a base, is an error that says so",
    async (left) => {
      const client = await written(40, wide);
      await purge(client, { filter: `${client.store.name}.Counter.a`, keep: left });
      const error = await read(client.store, Counter, "a").catch((e: unknown) => e);
      expect(error instanceof TruncatedError || error instanceof CorruptError).toBe(true);
      expect(String(error)).toContain("a");
      const replayed = gatherAll(client.store.replay(CounterEvents.of("a")));
      await expect(replayed).rejects.toThrow(TruncatedError);
    },
  );

  test.each([0, 1, 15, 16, 17, 40])(
    "loads from its base with %i commits after it, whatever is left below",
    async (later) => {
      const client = await written(40, wide);
      const { store } = client;
      const root = await read(store, Counter, "a", leader);
      let { root: head } = await snapshotAndTruncate(store, Counter, root);
      for (let step = 41; step <= 40 + later; step++) {
        head = await write(store, Counter, head, [counted("a", step)]);
      }
      await askApi(client.connection, `STREAM.PURGE.KV_${store.name}-snapshots`);
      store.roots.delete("Counter.a");
      const count = 40 + later;
      const loaded = await read(store, Counter, "a");
      expect(loaded.state).toEqual({ count, last: `a:${count}` });
      expect(loaded.head).toEqual(await headOf(client));
    },
  );

  test("loads from a snapshot although history is cut below it, and above it is an error", async () => {
    const client = await written(40, wide);
    const { store } = client;
    await saveSnapshot(store, Counter, await read(store, Counter, "a", leader));
    let root = await read(store, Counter, "a", leader);
    for (let step = 41; step <= 60; step++) {
      root = await write(store, Counter, root, [counted("a", step)]);
    }
    const [filter, links] = [`${store.name}.Counter.a`, root.head.links];
    for (const keep of [30, 20]) {
      await purge(client, { filter, keep });
      store.roots.delete("Counter.a");
      expect((await read(store, Counter, "a")).state).toEqual({ count: 60, last: "a:60" });
    }
    await purge(client, { filter, keep: 10 });
    store.roots.delete("Counter.a");
    const error = await read(store, Counter, "a").catch((e: unknown) => e);
    expect(error instanceof TruncatedError || error instanceof CorruptError).toBe(true);
    expect(links).toHaveLength(16);
  });
});

test("the whole stream cut at one sequence: each aggregate is whole or an error, none is shorter", async () => {
  const client = await site.client(storeName());
  const { store } = client;
  const early = several(CounterEvents, 10);
  await fill(store, early, 10 * 20);
  await fill(store, several(OtherEvents, 10), 10 * 20);
  await fill(store, [{ family: CounterEvents, id: "late" }], 20);
  await purge(client, { seq: 101 });
  for (const { id } of early) {
    const error = await read(store, Counter, id).catch((e: unknown) => e);
    expect(error instanceof TruncatedError || error instanceof CorruptError).toBe(true);
  }
  expect((await read(store, Counter, "late")).state.count).toBe(20);
});

test("loads and catch-ups are right at every moment while the aggregate is truncated and written", async () => {
  const { store } = await written(20, true);
  // Another handle: nothing is known to it but what it reads.
  const others = await Promise.all(
    [0, 1].map(async () => site.open(await site.connect(), store.name)),
  );
  let writing = true;
  let known = 20;
  const loads = [0, 0];
  const truncating = async (): Promise<void> => {
    let root = await read(store, Counter, "a", leader);
    for (let round = 0; round < cycles(30); round++) {
      for (let i = 0; i < (round % 5) * 9; i++) {
        root = await write(store, Counter, root, [counted("a", root.state.count + 1)]);
        known = root.state.count;
      }
      const before = [...loads];
      ({ root } = await snapshotAndTruncate(store, Counter, root));
      await Promise.race([
        until("loads by both", () => loads.every((count, i) => count > before[i]!)),
        Promise.all(loading),
      ]);
    }
    writing = false;
  };
  const loading = others.map(async (reader, i) => {
    while (writing) {
      if (i === 0) reader.roots.delete("Counter.a");
      const least = known;
      const { state, head } = await read(reader, Counter, "a", leader);
      expect(state.count).toBeGreaterThanOrEqual(least);
      expect(state).toEqual({ count: head.revision, last: `a:${head.revision}` });
      loads[i]!++;
    }
  });
  await Promise.all([truncating(), ...loading]);
});
