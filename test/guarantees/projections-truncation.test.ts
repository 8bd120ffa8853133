import {
  defineProjection,
  forgetProjection,
  kvCheckpoints,
  observe,
  read,
  rebuild,
  snapshotAndTruncate,
  TruncatedError,
  TruncationBlockedError,
} from "jetfold";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Counter, CounterEvents as family } from "../faults/counter.ts";
import { Site, storeName } from "../faults/site.ts";
import { streamState } from "../faults/stored-log.ts";
import { within } from "../faults/until.ts";
import { count, Model, start } from "./list-model.ts";

let site: Site;
beforeAll(async () => {
  site = await Site.start(1);
});
afterAll(() => site.close());

describe.concurrent("truncation and projections", () => {
  test("does not pass a registered projection that is behind, until it is forgotten", async () => {
    const client = await site.client(storeName());
    const { store, connection } = client;
    const model = new Model();
    await count(store);
    const running = start(client.store, model);
    await running.caughtUp();
    await running.stop();
    for (let i = 0; i < 3; i++) await count(store);
    const root = await read(store, Counter, "a");
    const truncating = () => snapshotAndTruncate(store, Counter, root, { waitMs: 0 });
    await expect(truncating()).rejects.toThrow(TruncationBlockedError);
    await expect(truncating()).rejects.toThrow(/"list" version 1/);
    expect((await streamState(connection, store.name)).messages).toBe(4);
    await forgetProjection(store, "list", 2);
    await expect(truncating()).rejects.toThrow(TruncationBlockedError);
    await forgetProjection(store, "list");
    expect((await truncating()).deleted).toBe(4);
  });

  test("passes a projection that has handled everything, though nothing comes after it", async () => {
    const client = await site.client(storeName());
    const { store } = client;
    const running = start(client.store, new Model());
    await count(store);
    await running.reached(await count(store));
    const root = await read(store, Counter, "a");
    // The registry hears of a new position at most every 5 s.
    expect((await within("truncating", snapshotAndTruncate(store, Counter, root))).deleted).toBe(2);
    await running.stop();
  });

  test("a projection that starts on cut history needs projectBase, and gets it", async () => {
    const client = await site.client(storeName());
    const { store } = client;
    for (let i = 0; i < 5; i++) await count(store);
    await count(store, "b");
    await snapshotAndTruncate(store, Counter, await read(store, Counter, "a"));
    await count(store);
    const model = new Model();
    await expect(within("the end", start(client.store, model).done)).rejects.toThrow(
      TruncatedError,
    );
    await expect(rebuild(store, model.projection(2))).rejects.toThrow(TruncatedError);
    const bases: string[] = [];
    const informed = defineProjection({
      name: "informed",
      events: family,
      project: model.handle,
      projectBase: ({ id, lastRevision }) => void bases.push(`${id}:${lastRevision}`),
    });
    model.seen.length = 0;
    await rebuild(store, informed);
    expect(bases).toEqual(["a:5"]);
    expect(model.seen).toEqual(["b:1", "a:6"]);
    const running = observe(store, informed, { checkpoints: kvCheckpoints(store) });
    await running.caughtUp();
    await running.stop();
    expect(bases).toEqual(["a:5", "a:5"]);
    expect(model.seen).toEqual(["b:1", "a:6", "b:1", "a:6"]);
  });
});
