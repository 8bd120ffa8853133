import type { NatsConnection } from "@nats-io/transport-node";
import { ConfigError, idOf, type StoreWarning } from "jetfold";
import { NatsStore } from "jetfold/nats";
import { afterAll, beforeAll, expect, test } from "vitest";
import { gather } from "../../src/testing/contract/gather.ts";
import { Site, storeName } from "../faults/site.ts";
import { askApi } from "../faults/stored-log.ts";
import { AccountEvents, fill, opened } from "./account.ts";

let site: Site;
let connection: NatsConnection;
beforeAll(async () => {
  site = await Site.start(1);
  connection = await site.connect();
});
afterAll(() => site.close());

/** A stream made by somebody else, fit for a store but for what is changed. */
async function makeStream(changed: object): Promise<string> {
  const name = storeName();
  const config = { name, subjects: [`${name}.*.*`], allow_direct: true, allow_atomic: true };
  const body = { ...config, max_msgs: -1, max_bytes: -1, discard: "new", ...changed };
  await askApi(connection, `STREAM.CREATE.${name}`, body);
  return name;
}

async function codesOfOpening(name: string, options: object = {}): Promise<string[]> {
  const warnings: StoreWarning[] = [];
  const onWarning = (warning: StoreWarning): void => void warnings.push(warning);
  const store = await NatsStore.open(connection, { name, ...options, onWarning });
  await store.close();
  return warnings.map(({ code }) => code);
}

test("defect 28: a store for each tenant is opened by a name known only at run time", async () => {
  const tenants = ["Ada's Bank", "Bob & Sons"].map((tenant) => `bank-${idOf(tenant)}`);
  const stores = await Promise.all(tenants.map((name) => site.open(connection, name)));
  for (const [i, store] of stores.entries()) {
    const events = [opened(tenants[i]!)];
    await store.publish({ family: AccountEvents, id: "main", expect: "new", events });
  }
  for (const [i, store] of stores.entries()) {
    const read = await gather(store.replay(AccountEvents));
    expect(read.map(({ event }) => event)).toEqual([opened(tenants[i]!)]);
  }
});

test("defect 29: a stream that could lose or hide events is refused, with every reason", async () => {
  const flaws: readonly [object, RegExp][] = [
    [{ max_age: 3_600_000_000_000 }, /max_age/],
    [{ subjects: ["wide.>"] }, /subjects/],
    [{ deny_purge: true }, /denies purge/],
    [{ discard: "old", max_msgs: 10 }, /discards old/],
    [{ max_msgs_per_subject: 5 }, /max_msgs_per_subject/],
    [{ retention: "interest" }, /retention/],
    [{ allow_rollup_hdrs: true }, /rollup/],
    [{ allow_direct: false }, /allow_direct/],
    [{ allow_atomic: false }, /allow_atomic/],
  ];
  for (const [flaw, reason] of flaws) {
    const opening = NatsStore.open(connection, { name: await makeStream(flaw) });
    await expect(opening).rejects.toThrow(reason);
    await expect(opening).rejects.toBeInstanceOf(ConfigError);
  }
  const three = await makeStream({
    max_age: 3_600_000_000_000,
    deny_purge: true,
    allow_direct: false,
  });
  const opening = NatsStore.open(connection, { name: three });
  await expect(opening).rejects.toThrow(/max_age.*denies purge.*allow_direct/);
});

test("defect 29: what is risky about a stream is said", async () => {
  const safe = await makeStream({ deny_delete: true, duplicate_window: 60_000_000_000 });
  expect(await codesOfOpening(safe, { syncAlways: true })).toEqual([]);
  const risky = await makeStream({ storage: "memory", duplicate_window: 1_000_000_000 });
  const codes = ["deny-delete", "duplicate-window", "memory-storage"];
  expect((await codesOfOpening(risky)).sort()).toEqual(codes);
});

test("defect 29: a stream that is created is fit for direct gets, transactions and truncation", async () => {
  const store = await site.open(connection, storeName());
  await fill(store, "ada", 1);
  const { config } = await askApi<{ readonly config: object }>(
    connection,
    `STREAM.INFO.${store.name}`,
  );
  expect(config).toMatchObject({
    subjects: [`${store.name}.*.*`],
    retention: "limits",
    storage: "file",
    num_replicas: 1,
    discard: "new",
    max_age: 0,
    allow_direct: true,
    allow_atomic: true,
    deny_delete: true,
    deny_purge: false,
  });
});
