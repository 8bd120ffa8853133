import type { NatsConnection } from "@nats-io/transport-node";
import { ConfigError, execute, InvalidInputError, read, type StoreWarning } from "jetfold";
import { NatsStore } from "jetfold/nats";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Counter } from "../faults/counter.ts";
import { subscriptionsOf } from "../faults/follower.ts";
import { Site, storeName } from "../faults/site.ts";
import { askApi } from "../faults/stored-log.ts";
import { until } from "../faults/until.ts";

type Config = Record<string, unknown>;

let site: Site;
let connection: NatsConnection;
let good: Config;
beforeAll(async () => {
  site = await Site.start(1);
  const client = await site.client("good");
  ({ connection } = client);
  good = await configOf("good");
  await askApi(connection, "STREAM.CREATE.origin", { name: "origin", subjects: ["origin.>"] });
});
afterAll(() => site.close());

async function configOf(stream: string): Promise<Config> {
  const { config } = await askApi<{ config: Config }>(connection, `STREAM.INFO.${stream}`);
  return config;
}

async function streams(): Promise<string[]> {
  return (await askApi<{ streams: string[] }>(connection, "STREAM.NAMES")).streams;
}

/** A stream as a store makes it, but for what is changed. */
async function make(change: (name: string) => Config): Promise<string> {
  const name = storeName();
  const config = { ...good, name, subjects: [`${name}.*.*`], metadata: {}, ...change(name) };
  await askApi(connection, `STREAM.CREATE.${name}`, config);
  return name;
}

async function open(name: string, more: object = {}): Promise<StoreWarning[]> {
  const warnings: StoreWarning[] = [];
  const onWarning = (warning: StoreWarning): void => void warnings.push(warning);
  const store = await NatsStore.open(connection, { name, onWarning, ...more });
  await store.close();
  return warnings;
}

const refused: [reason: string, change: (name: string) => Config][] = [
  ["its retention is not limits", () => ({ retention: "workqueue", deny_delete: false })],
  ["its retention is not limits", () => ({ retention: "interest" })],
  ["it discards old messages at a limit", () => ({ discard: "old", max_msgs: 1_000_000 })],
  ["it discards old messages at a limit", () => ({ discard: "old", max_bytes: 1_000_000 })],
  ["it has a max_age", () => ({ max_age: 86_400_000_000_000 })],
  ["it has max_msgs_per_subject", () => ({ max_msgs_per_subject: 1_000_000 })],
  ["it allows rollup headers", () => ({ allow_rollup_hdrs: true })],
  ["it allows message TTLs", () => ({ allow_msg_ttl: true })],
  ["it denies purge", () => ({ deny_purge: true })],
  ["persist_mode async", () => ({ persist_mode: "async", allow_atomic: false })],
  ["its subjects are not exactly <store>.*.*", (name) => ({ subjects: [`${name}.>`] })],
  ["its subjects are not exactly <store>.*.*", (name) => ({ subjects: [`${name}.Tab.*`] })],
  [
    "its subjects are not exactly <store>.*.*",
    (name) => ({ subjects: [`${name}.*.*`, `${name}-more.*`] }),
  ],
  [
    "it transforms subjects",
    (name) => ({ subject_transform: { src: `${name}.*.*`, dest: `${name}.{{wildcard(2)}}.x` } }),
  ],
  ["it is a mirror or has sources", () => ({ sources: [{ name: "origin" }] })],
  [
    "it is a mirror or has sources",
    () => ({ mirror: { name: "origin" }, subjects: undefined, allow_atomic: false }),
  ],
  ["allow_direct is off", () => ({ allow_direct: false })],
  ["allow_atomic is off", () => ({ allow_atomic: false })],
];

describe("a stream that could lose events is refused", () => {
  test.each(refused)("%s", async (reason, change) => {
    const name = await make(change);
    const before = await configOf(name);
    const error: unknown = await open(name).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as Error).message).toContain(`stream "${name}" can't hold a store: `);
    expect((error as Error).message).toContain(reason);
    expect(await configOf(name)).toEqual(before);
    expect((await streams()).filter((stream) => stream.includes(`KV_${name}`))).toEqual([]);
  });

  test("it is sealed", async () => {
    const name = await make(() => ({}));
    await askApi(connection, `STREAM.UPDATE.${name}`, { ...(await configOf(name)), sealed: true });
    await expect(open(name)).rejects.toThrow(/it is sealed/);
  });

  test("it acknowledges nothing (no_ack)", async () => {
    const name = await make(() => ({ no_ack: true, allow_atomic: true }));
    await expect(open(name)).rejects.toThrow(ConfigError);
  });

  test("every reason is told at once", async () => {
    const name = await make(() => ({ max_age: 3_600_000_000_000, allow_rollup_hdrs: true }));
    await expect(open(name)).rejects.toThrow(/has a max_age; .*rollup headers/);
  });

  test("a bucket that would forget", async () => {
    const name = await make(() => ({}));
    const bucket = `KV_${name}-projections`;
    const subjects = [`$KV.${name}-projections.>`];
    const config = { name: bucket, subjects, allow_direct: true, max_age: 60_000_000_000 };
    await askApi(connection, `STREAM.CREATE.${bucket}`, config);
    const refusal =
      /bucket ".*-projections" can't serve a store: its values expire; it discards old/;
    await expect(open(name)).rejects.toThrow(refusal);
  });
});

test("an opening that fails, and one whose warnings are thrown at, leaves nothing behind", async () => {
  const name = await make(() => ({ max_age: 3_600_000_000_000 }));
  const before = subscriptionsOf(connection);
  const wrong = [{ name }, { codec: { name: "a b" } }, { codecs: [{ name: "json" }] }];
  for (const options of wrong) {
    const opening = NatsStore.open(connection, { name: storeName(), ...options } as never);
    await expect(opening).rejects.toBeInstanceOf(ConfigError);
    expect(subscriptionsOf(connection)).toBe(before);
  }
  const onWarning = (): never => {
    throw new Error("the listener's own");
  };
  const store = await NatsStore.open(connection, { name: storeName(), onWarning });
  await store.close();
  expect(subscriptionsOf(connection)).toBe(before);
});

describe("what is allowed and risky is a warning", () => {
  const codes = (warnings: readonly StoreWarning[]): string[] => warnings.map(({ code }) => code);

  test("a healthy store on one server, on this machine, has none", async () => {
    const name = storeName();
    expect(codes(await open(name))).toEqual([]);
    expect(codes(await open(name, { syncAlways: true, replicas: 1 }))).toEqual([]);
  });

  test("in a cluster, one replica and acknowledgements before the disk, unless chosen", async () => {
    await using cluster = await Site.start(3);
    const several = await cluster.connect();
    const openThere = async (more: object): Promise<string[]> => {
      const warnings: StoreWarning[] = [];
      const onWarning = (warning: StoreWarning): void => void warnings.push(warning);
      const store = await NatsStore.open(several, { name: "bank", onWarning, ...more });
      await store.close();
      return codes(warnings);
    };
    expect(await openThere({})).toEqual(["replicas", "sync"]);
    expect(await openThere({ replicas: 1 })).toEqual(["sync"]);
    expect(await openThere({ replicas: 3 })).toEqual(["replicas", "sync"]);
    expect(await openThere({ replicas: 1, syncAlways: false })).toEqual([]);
    expect(await openThere({ syncAlways: true })).toEqual(["replicas"]);
  });

  test("memory storage, single deletes, another duplicate window", async () => {
    const memory = await open(storeName(), { storage: "memory", syncAlways: true });
    expect(codes(memory)).toEqual(["memory-storage"]);
    const name = await make(() => ({ deny_delete: false, duplicate_window: 120_000_000_000 }));
    const warnings = await open(name, { syncAlways: true });
    expect(codes(warnings)).toEqual(["deny-delete", "duplicate-window"]);
    for (const { message } of warnings) expect(message).toContain(`stream "${name}" `);
  });
});

describe("opening", () => {
  test("makes the stream as promised", () => {
    expect(good).toMatchObject({
      retention: "limits",
      storage: "file",
      discard: "new",
      deny_delete: true,
      deny_purge: false,
      allow_direct: true,
      allow_atomic: true,
      allow_rollup_hdrs: false,
      compression: "none",
      duplicate_window: 60_000_000_000,
      subjects: ["good.*.*"],
    });
  });

  test("takes a good stream that somebody else made, with what it holds", async () => {
    const name = await make(() => ({}));
    const { store } = await site.client(name);
    const { head } = await execute(store, Counter, "a", { by: "w", step: 1 });
    const again = await site.client(name);
    expect(again.store.storeId).toBe(store.storeId);
    expect((await read(again.store, Counter, "a")).head).toEqual(head);
  });

  test("leaves its id alone: a stream without one has the same for everybody, also later", async () => {
    const name = await make(() => ({}));
    const before = await configOf(name);
    const clients = await Promise.all(Array.from({ length: 8 }, () => site.client(name)));
    const ids = new Set(clients.map(({ store }) => store.storeId));
    expect(ids.size).toBe(1);
    expect(await configOf(name)).toEqual(before);
    await site.server.restart();
    await until("the server", () => configOf(name).catch(() => undefined));
    ids.add((await site.client(name)).store.storeId);
    expect(ids.size).toBe(1);
  });

  test("refuses a store with commits whose bucket of projections is gone, and says the way out", async () => {
    const { store } = await site.client(storeName());
    const bucket = `KV_${store.name}-projections`;
    await execute(store, Counter, "a", { by: "w", step: 1 });
    await askApi(connection, `STREAM.DELETE.${bucket}`);
    const error: unknown = await open(store.name).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ConfigError);
    expect(String(error)).toMatch(/projections" is gone: .* up to 1,.*recreateBuckets: true/);
    expect(await streams()).not.toContain(bucket);
    await open(store.name, { recreateBuckets: true });
    await open(store.name);
  });

  test.each([
    [{ maxReconnectAttempts: 10 }, /maxReconnectAttempts is 10\)/],
    [{ ignoreAuthErrorAbort: false }, /ignoreAuthErrorAbort is not true\)/],
    [{ reconnect: false }, /reconnect is false\)/],
    [{}, undefined],
  ])("says of a connection whether it may give up: %o", async (options, reason) => {
    const warnings: StoreWarning[] = [];
    const store = await site.open(await site.connect(options), storeName(), (warning) => {
      if (warning.code === "reconnect") warnings.push(warning);
    });
    await store.close();
    const told = reason && [expect.objectContaining({ message: expect.stringMatching(reason) })];
    expect(warnings).toEqual(told ?? []);
  });

  test("makes a lost bucket of snapshots anew, with a warning", async () => {
    const { store } = await site.client(storeName());
    await execute(store, Counter, "a", { by: "w", step: 1 });
    await askApi(connection, `STREAM.DELETE.KV_${store.name}-snapshots`);
    const warnings = await open(store.name, { syncAlways: true });
    expect(warnings.map(({ code }) => code)).toEqual(["snapshots"]);
    expect(await open(store.name, { syncAlways: true })).toHaveLength(0);
  });

  test("finishes what was killed between the stream and its buckets", async () => {
    const name = await make(() => ({}));
    await open(name);
    const buckets = [`KV_${name}-projections`, `KV_${name}-snapshots`];
    expect(await streams()).toEqual(expect.arrayContaining(buckets));
  });

  test("takes the id that a stream's metadata has", async () => {
    const name = await make(() => ({
      metadata: { jetfold_store_id: "given", jetfold_format: "1" },
    }));
    expect((await site.client(name)).store.storeId).toBe("given");
  });

  test("creates nothing when told so", async () => {
    const name = storeName();
    await expect(open(name, { create: false })).rejects.toThrow(ConfigError);
    expect((await streams()).filter((stream) => stream.includes(name))).toEqual([]);
    await open(name);
    await open(name, { create: false });
    await askApi(connection, `STREAM.DELETE.KV_${name}-snapshots`);
    await expect(open(name, { create: false })).rejects.toThrow(/bucket ".*" does not exist/);
  });

  test.each([
    ["replicas", { replicas: 2 }],
    ["storage", { storage: "tape" }],
    ["name", { name: "a.b" }],
    ["name", { name: "*" }],
    ["name", { name: "_INBOX" }],
    ["name", { name: "n".repeat(101) }],
  ])("refuses a bad %s", async (field, options) => {
    const error: unknown = await open(storeName(), options).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(InvalidInputError);
    expect(error).toMatchObject({ field });
  });
});

/** A stream without an id, as it is made without jetfold. */
async function prepare(own: Site, name: string): Promise<void> {
  const config = { ...good, name, subjects: [`${name}.*.*`], metadata: {} };
  const admin = await own.connect();
  const call = { ...config, num_replicas: own.nodes.length };
  await until("the stream", () =>
    askApi(admin, `STREAM.CREATE.${name}`, call).then(
      () => true,
      () => undefined,
    ),
  );
}

describe.each([1, 3] as const)("many that open a store at once, %i node(s)", (nodes) => {
  const kinds = ["new", "prepared by somebody else"];
  test.each(kinds)("get one store that is %s", { timeout: 60_000 }, async (kind) => {
    await using own = await Site.start(nodes);
    for (let round = 0; round < 3; round++) {
      const name = storeName();
      if (kind !== kinds[0]) await prepare(own, name);
      const clients = await Promise.all(Array.from({ length: 8 }, () => own.client(name)));
      expect(new Set(clients.map(({ store }) => store.storeId)).size).toBe(1);
      const counts = clients.map(({ store }, i) =>
        execute(store, Counter, "a", { by: `w${i}`, step: 1 }),
      );
      await Promise.all(counts);
      const { state } = await read(clients[0]!.store, Counter, "a", { fresh: "leader" });
      expect(state.count).toBe(8);
    }
  });
});
