import { execute, jsonCodec, msgpackCodec, newRoot, read, write } from "jetfold";
import { NatsStore } from "jetfold/nats";
import { afterAll, beforeAll, expect, test } from "vitest";
import { gather } from "../../src/testing/contract/gather.ts";
import { listen } from "../../src/testing/contract/listen.ts";
import { Site, storeName } from "../faults/site.ts";
import { askApi } from "../faults/stored-log.ts";
import { Account, AccountEvents, deposited, fill, opened } from "./account.ts";
import { labelOf } from "./recorder.ts";

let site: Site;
beforeAll(async () => {
  site = await Site.start(1);
});
afterAll(() => site.close());

test("defect 20: what is told about a commit comes back with each of its events", async () => {
  const { store } = await site.client(storeName());
  const metadata = {
    correlationId: "order-1",
    causationId: "request-2",
    actor: "derek",
    occurredAt: new Date("2026-11-20T12:34:56.789Z"),
    tenant: "north",
    traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  };
  const root = await write(store, Account, newRoot(Account, "ada"), [opened("Ada")], { metadata });
  const command = { type: "Deposit", amounts: [1, 2] } as const;
  await execute(store, Account, "ada", command, { metadata });
  const envelopes = await gather(store.replay(AccountEvents));
  expect(envelopes.map((envelope) => envelope.metadata)).toEqual([metadata, metadata, metadata]);
  expect(envelopes[0]!.commitId).toBe(root.commitId);
  expect(envelopes[0]!.commit.codec.name).toBe("msgpack");
});

test("defect 21: times are the server's own to the millisecond, however they are read", async () => {
  const { connection, store } = await site.client(storeName());
  await fill(store, "ada", 10);
  const api = `STREAM.MSG.GET.${store.name}`;
  const times = await Promise.all(
    Array.from({ length: 10 }, async (_, i) => {
      interface Answer {
        readonly message: { readonly time: string };
      }
      return Date.parse((await askApi<Answer>(connection, api, { seq: i + 1 })).message.time);
    }),
  );
  expect(times.some((timeMs) => timeMs % 1000 !== 0)).toBe(true);
  const replayed = await gather(store.replay(AccountEvents));
  expect(replayed.map(({ timeMs }) => timeMs)).toEqual(times);
  expect((await store.at(AccountEvents, 10))!.timeMs).toBe(times[9]);
  expect((await store.last(AccountEvents, "ada"))!.timeMs).toBe(times[9]);
  let live = (): void => undefined;
  const isLive = new Promise<void>((resolve) => (live = resolve));
  const onCaughtUp = (): void => live();
  const listener = listen((signal) =>
    store.subscribe(AccountEvents, { after: "new", signal, onCaughtUp }),
  );
  await isLive;
  await fill(store, "bob", 5);
  await listener.until((items) => items.length === 5, "what was stored meanwhile");
  await listener.stop();
  const later = await gather(store.replay(AccountEvents, { after: 10 }));
  expect(listener.items.map(({ timeMs }) => timeMs)).toEqual(later.map(({ timeMs }) => timeMs));
});

test("defect 21: when something happened is kept apart from when it was stored", async () => {
  const { store } = await site.client(storeName());
  const occurredAt = new Date("2001-02-03T04:05:06.789Z");
  const metadata = { occurredAt };
  await write(store, Account, newRoot(Account, "ada"), [opened("Ada")], { metadata });
  const [envelope] = await gather(store.replay(AccountEvents));
  expect(envelope!.metadata.occurredAt).toEqual(occurredAt);
  expect(envelope!.timeMs).toBeGreaterThan(occurredAt.getTime());
});

test("defect 22: a store that has changed its codec reads all it ever wrote", async () => {
  const name = storeName();
  const { connection, store } = await site.client(name);
  await fill(store, "ada", 2);
  const onWarning = (): void => undefined;
  const json = await NatsStore.open(connection, { name, codec: jsonCodec, onWarning });
  const root = await write(json, Account, await read(json, Account, "ada"), [deposited(9)]);
  expect(root.state).toEqual({ owner: "ada", cents: 10 });
  for (const reader of [store, json]) {
    const commits = await gather(reader.replay(AccountEvents).commits());
    expect(commits.map(({ codec }) => codec.name)).toEqual(["msgpack", "msgpack", "json"]);
    expect((await read(reader, Account, "ada")).state).toEqual(root.state);
  }
  await json.close();
});

test("defect 23: types are told apart and selected without decoding a body", async () => {
  let decodes = 0;
  const codec = {
    ...msgpackCodec,
    name: "counted",
    decode: (bytes: Uint8Array) => (decodes++, msgpackCodec.decode(bytes, "")),
  };
  const { connection } = await site.client(storeName());
  const onWarning = (): void => undefined;
  const store = await NatsStore.open(connection, { name: storeName(), codec, onWarning });
  await fill(store, "ada", 5);
  await fill(store, "bob", 5);
  const opening = await gather(store.replay(AccountEvents.only("Opened")));
  expect(opening.map(labelOf)).toEqual(["Account.ada#1", "Account.bob#1"]);
  const all = await gather(store.replay(AccountEvents));
  expect(all.filter(({ type }) => type === "Deposited")).toHaveLength(8);
  expect(decodes).toBe(0);
  expect(opening[1]!.event).toEqual(opened("bob"));
  expect(decodes).toBe(1);
  await store.close();
});
