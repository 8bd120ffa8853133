import { execute, forgetAggregate, read, readAfter, saveSnapshot, TruncatedError } from "jetfold";
import type { NatsStore } from "jetfold/nats";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Counter } from "../faults/counter.ts";
import { type Client, type Nodes, Site, storeName } from "../faults/site.ts";
import { askApi, streamState } from "../faults/stored-log.ts";

const id = "a";

describe.each([1, 3] as Nodes[])("an aggregate whose history was purged, %i node(s)", (nodes) => {
  let site: Site;
  beforeAll(async () => {
    site = await Site.start(nodes);
  });
  afterAll(() => site.close());

  const step = (store: NatsStore, n: number) => execute(store, Counter, id, { by: "w", step: n });

  /** Seven commits, a snapshot of the fifth if asked for, another's, and then none of the seven. */
  async function purged(snapshot: boolean): Promise<Client & { readonly end: number }> {
    const client = await site.client(storeName());
    const { store, connection } = client;
    for (let n = 1; n <= 7; n++) {
      const root = await step(store, n);
      if (snapshot && n === 5) await saveSnapshot(store, Counter, root);
    }
    await execute(store, Counter, "other", { by: "w", step: 1 });
    await askApi(connection, `STREAM.PURGE.${store.name}`, { filter: `${store.name}.*.${id}` });
    return { ...client, end: (await streamState(connection, store.name)).last_seq };
  }

  test("does not begin again where its root is in memory", async () => {
    const { store, connection, end } = await purged(false);
    const root = await read(store, Counter, id, { fresh: "cached" });
    const gone = /up to revision 7 at sequence 7 is gone.*nothing in its place.*forgetAggregate/;
    await expect(step(store, 8)).rejects.toThrow(gone);
    for (const fresh of [undefined, "leader"] as const) {
      const error: unknown = await read(store, Counter, id, fresh && { fresh }).catch((e) => e);
      expect(error).toBeInstanceOf(TruncatedError);
      expect(String(error)).toMatch(gone);
    }
    await expect(readAfter(store, Counter, root)).rejects.toThrow(gone);
    expect((await streamState(connection, store.name)).last_seq).toBe(end);
  }, 90_000);

  test("does not begin again where a snapshot knows of it; forgotten, it does", async () => {
    const { store, connection, end } = await purged(true);
    const cold = await site.open(connection, store.name);
    await expect(read(cold, Counter, id)).rejects.toThrow(/revision 5 at sequence 5 is gone/);
    await expect(step(cold, 8)).rejects.toThrow(TruncatedError);
    const then = read(cold, Counter, id, { until: end });
    await expect(then).rejects.toThrow(TruncatedError);
    expect((await streamState(connection, store.name)).last_seq).toBe(end);
    await forgetAggregate(cold, Counter, id);
    expect((await step(cold, 1)).state).toEqual({ count: 1, last: "w:1" });
    // Who has not forgotten does not take a second life for the first.
    await expect(read(store, Counter, id)).rejects.toThrow(/revision 1 at 9 in its place/);
    await expect(step(store, 8)).rejects.toThrow(TruncatedError);
    await forgetAggregate(store, Counter, id);
    expect((await read(store, Counter, id)).state.count).toBe(1);
  }, 90_000);
});
