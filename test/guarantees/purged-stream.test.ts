import { setTimeout as delay } from "node:timers/promises";
import { StreamChangedError, execute, read, snapshotAndTruncate, type StoreWarning } from "jetfold";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { gatherAll } from "../engine/gather-all.ts";
import { Counter, counted, CounterEvents as family } from "../faults/counter.ts";
import { fill, several } from "../faults/fill.ts";
import { follow } from "../faults/follower.ts";
import { type Client, Site, storeName } from "../faults/site.ts";
import { askApi } from "../faults/stored-log.ts";
import { until, within } from "../faults/until.ts";

let site: Site;
beforeAll(async () => {
  site = await Site.start(1);
});
afterAll(() => site.close());

/** 20 commits of five aggregates, and what is said of their stream. */
async function filled(): Promise<Client & { readonly said: readonly string[] }> {
  const connection = await site.connect();
  const said: string[] = [];
  const store = await site.open(connection, storeName(), ({ code, message }) => {
    if (code === "stream") said.push(message);
  });
  await fill(store, several(family, 5), 20);
  return { connection, store, said };
}

/** Wait until the store has looked at its stream as it is now. */
async function looked({ store }: Pick<Client, "store">): Promise<void> {
  const spy = await site.connect();
  let looks = 0;
  const callback = () => void looks++;
  spy.subscribe(`$JS.API.STREAM.INFO.${store.name}`, { callback });
  await spy.flush();
  await until("a look", async () => {
    await gatherAll(store.replay(family));
    await spy.flush();
    return looks > 0;
  });
}

function purge({ connection, store }: Client, how: object): Promise<unknown> {
  return askApi(connection, `STREAM.PURGE.${store.name}`, how);
}

function begin({ store }: Pick<Client, "store">, id: string): Promise<unknown> {
  return store.publish({ family, id, expect: "any", events: [counted("w", 1)] });
}

/** What an opening says of the stream. */
async function saidOf(name: string): Promise<string[]> {
  const warnings: StoreWarning[] = [];
  await site.open(await site.connect(), name, (warning) => void warnings.push(warning));
  return warnings.filter(({ code }) => code === "stream").map(({ message }) => message);
}

describe.concurrent("a stream that was purged by somebody else", () => {
  const hows = [{}, { keep: 1 }, { seq: 20 }];

  test.each(hows)("ends whoever reads and writes it, by %o", async (how) => {
    const client = await filled();
    const { store } = client;
    const follower = follow(store, family);
    await follower.reached(20);
    await gatherAll(store.replay(family));
    await purge(client, how);
    const refusal = () =>
      begin(client, "other").then(
        () => undefined,
        (error: unknown) => error,
      );
    expect(await until("the refusal", refusal, 20_000)).toBeInstanceOf(StreamChangedError);
    expect(String(await refusal())).toMatch(/was purged, and not by a store/);
    await expect(gatherAll(store.replay(family))).rejects.toThrow(/was purged/);
    expect(await within("the end", follower.ended)).toBeInstanceOf(StreamChangedError);
    const { connection } = await site.connected(client);
    await begin({ store: await site.open(connection, store.name) }, "Counter-0");
  });

  test("is said when it is opened, empty or without its last message", async () => {
    const client = await filled();
    const { name } = client.store;
    expect(await saidOf(name)).toEqual([]);
    await begin(client, "last");
    await purge(client, { filter: `${name}.*.last` });
    expect(await saidOf(name)).toEqual([expect.stringMatching(/last message.*, 21, was deleted/)]);
    await purge(client, {});
    expect(await saidOf(name)).toEqual([expect.stringMatching(/is empty.* up to 21/)]);
  });

  test("goes on where single aggregates were deleted, and says so", async () => {
    const client = await filled();
    const { store, said } = client;
    const follower = follow(store, family);
    await follower.reached(20);
    await looked(client);
    for (const i of [0, 1, 2]) await purge(client, { filter: `${store.name}.*.Counter-${i}` });
    // Beyond the time in which a verdict would be found.
    await delay(11_500);
    const gone = said.map((text) => /aggregates (\d) are gone.*forgetAggregate/.exec(text)![1]);
    expect(gone.reduce((sum, n) => sum + Number(n), 0)).toBe(3);
    await begin(client, "other");
    await follower.reached(21);
    await follower.stop();
    expect(await follower.ended).toBeUndefined();
  });

  test.each([{ keep: 3 }, { seq: 18 }])("is said where more is left, by %o", async (how) => {
    const client = await filled();
    const follower = follow(client.store, family);
    await follower.reached(20);
    await looked(client);
    await purge(client, how);
    await until("the warning", () => client.said.length > 0, 20_000);
    expect(client.said).toEqual([expect.stringMatching(/aggregates 2 are gone.*begins at 18/)]);
    await follower.stop();
  });
});

describe.concurrent("nothing is said of a stream", () => {
  test("whose aggregates were all truncated", async () => {
    const { store, said } = await filled();
    for (let i = 0; i < 5; i++) {
      const root = await read(store, Counter, `Counter-${i}`);
      await snapshotAndTruncate(store, Counter, root);
    }
    expect(await store.firstSequence()).toBe(21);
    await delay(11_500);
    await execute(store, Counter, "Counter-0", { by: "w", step: 5 });
    expect(await gatherAll(store.replay(family))).toHaveLength(1);
    expect(said).toEqual([]);
    expect(await saidOf(store.name)).toEqual([]);
  });

  test("that is new, and begins later", async () => {
    const { connection, store } = await site.client(storeName());
    expect(await saidOf(store.name)).toEqual([]);
    const { config } = await askApi<{ config: object }>(connection, `STREAM.INFO.${store.name}`);
    const name = storeName();
    const later = { ...config, name, subjects: [`${name}.*.*`], first_seq: 1_000 };
    await askApi(connection, `STREAM.CREATE.${name}`, later);
    expect(await saidOf(name)).toEqual([]);
  });
});
