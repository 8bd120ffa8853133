import {
  ConfigError,
  ConflictError,
  defineEvents,
  defineProjection,
  kvCheckpoints,
  newRoot,
  observe,
  PoisonError,
  read,
  write,
  SecondRunnerError,
} from "jetfold";
import { NatsStore } from "jetfold/nats";
import { afterAll, beforeAll, expect, test } from "vitest";
import { gather } from "../../src/testing/contract/gather.ts";
import { listen } from "../../src/testing/contract/listen.ts";
import { type Client, Site, storeName } from "../faults/site.ts";
import { askApi, storedLog } from "../faults/stored-log.ts";
import { until } from "../faults/until.ts";
import { Account, AccountEvents, deposited, fill, opened, type Renamed } from "./account.ts";
import { codeOf } from "./code-of.ts";
import { labelOf, labels, recorder } from "./recorder.ts";

let site: Site;
beforeAll(async () => {
  site = await Site.start(1);
});
afterAll(() => site.close());

/** Every subject that has a message, without the store's name. */
async function subjectsOf({ connection, store }: Client): Promise<string[]> {
  interface Info {
    readonly state: { readonly subjects?: Record<string, number> };
  }
  const body = { subjects_filter: ">" };
  const { state } = await askApi<Info>(connection, `STREAM.INFO.${store.name}`, body);
  return Object.keys(state.subjects ?? {}).map((subject) => subject.slice(store.name.length + 1));
}

test("defect 5: renaming a TypeScript type moves no event and lets nobody create again", async () => {
  const client = await site.client(storeName());
  const root = await fill(client.store, "ada", 2);
  type LedgerEntry =
    | { readonly type: "Opened"; readonly owner: string }
    | { readonly type: "Deposited"; readonly cents: number };
  const LedgerEntries = defineEvents<LedgerEntry>()({
    name: "Account",
    types: { Opened: {}, Deposited: {} },
  });
  const Ledger = { ...Account, events: LedgerEntries };
  expect((await read(client.store, Ledger, "ada")).state).toEqual(root.state);
  const creating = write(client.store, Ledger, newRoot(Ledger, "ada"), [opened("eve")]);
  await expect(creating).rejects.toThrow(ConflictError);
  expect(await subjectsOf(client)).toEqual(["Account.ada"]);
});

test("defect 5: an event type that the code no longer names is refused and not overlooked", async () => {
  const { store } = await site.client(storeName());
  await fill(store, "ada", 1);
  type Begun = { readonly type: "Begun"; readonly owner: string };
  const events = defineEvents<Begun>()({ name: "Account", types: { Begun: {} } });
  const Begins = { ...Account, events, apply: (state: { readonly owner: string }) => state };
  await expect(read(store, Begins as never, "ada")).rejects.toThrow(PoisonError);
  await expect(gather(store.replay(events))).rejects.toThrow(/unknown event type "Opened"/);
  const creating = { family: events, id: "ada", expect: "new", events: [] } as const;
  await expect(store.publish(creating)).rejects.toThrow(ConflictError);
});

test("defect 5: a family without a name of its own is no family", () => {
  // @ts-expect-error the name is never made up from a type's
  const nameless = (): unknown => defineEvents<Renamed>()({ types: { Renamed: {} } });
  expect(nameless).toThrow(ConfigError);
});

test("defect 26: projections whose families join to the same text are two", async () => {
  const { store } = await site.client(storeName());
  const [joined, a, b] = ["A-B", "A", "B"].map((name) =>
    defineEvents<Renamed>()({ name, types: { Renamed: {} } }),
  );
  const one = recorder({ name: "one", events: [joined!] });
  const two = recorder({ name: "two", events: [a!, b!] });
  const checkpoints = kvCheckpoints(store);
  const running = [
    observe(store, one.projection, { checkpoints }),
    observe(store, two.projection, { checkpoints }),
  ];
  for (const family of [joined!, a!, b!]) {
    const events = [{ type: "Renamed", name: family.name }] as const;
    await store.publish({ family, id: "x", expect: "new", events });
  }
  for (const run of running) await run.caughtUp();
  for (const run of running) await run.stop();
  expect(one.seen).toEqual(["A-B.x#1"]);
  expect(two.seen).toEqual(["A.x#1", "B.x#1"]);
  const kept = await gather(store.projections.keys());
  expect(kept.filter((key) => key.startsWith("checkpoint.")).sort()).toEqual([
    "checkpoint.one.1",
    "checkpoint.two.1",
  ]);
});

test("defect 26: a second runner of a projection is noticed and takes no events away", async () => {
  const name = storeName();
  const clients = [await site.client(name), await site.client(name)];
  const recorders = clients.map(() => recorder({ name: "list", events: AccountEvents }));
  const runs = clients.map(({ store }, i) =>
    observe(store, recorders[i]!.projection, { checkpoints: kvCheckpoints(store) }),
  );
  const { store } = clients[0]!;
  let root = await fill(store, "ada", 1);
  await until("one of the two to fail", async () => {
    root = await write(store, Account, root, [deposited(1)]);
    return runs.some(({ state }) => state === "failed");
  });
  const failed = runs.filter(({ state }) => state === "failed");
  expect(failed).toHaveLength(1);
  expect(failed[0]!.error).toBeInstanceOf(SecondRunnerError);
  const other = runs.findIndex(({ state }) => state !== "failed");
  await runs[other]!.reached(root.head.sequence);
  await runs[other]!.stop();
  expect(recorders[other]!.seen).toEqual(labels("Account", "ada", 1, root.head.revision));
});

const notOneToken = ["", "a.b", "a b", "*", ">", "ä", "a\n", "a\0", "x".repeat(129)];

test("defect 27: a name that is no single token of a subject is refused before it is sent", async () => {
  const client = await site.client(storeName());
  const { connection, store } = client;
  const types = { Renamed: {} };
  const commit = { family: AccountEvents, expect: "new", events: [opened("x")] } as const;
  const handle = (): void => undefined;
  for (const name of notOneToken) {
    const outcomes = {
      name,
      store: await codeOf(() => NatsStore.open(connection, { name })),
      family: await codeOf(() => defineEvents<Renamed>()({ name, types })),
      projection: await codeOf(() =>
        defineProjection({ name, events: AccountEvents, project: handle }),
      ),
      id: await codeOf(() => store.publish({ ...commit, id: name })),
      reading: await codeOf(() => read(store, Account, name)),
      selecting: await codeOf(() => AccountEvents.of(name)),
    };
    const [config, input] = ["config", "invalid-input"];
    const refused = { store: input, family: config, projection: input, id: input };
    expect(outcomes).toEqual({ name, ...refused, reading: input, selecting: input });
  }
  expect(await subjectsOf(client)).toEqual([]);
});

test("defect 27: a message of more tokens or fewer does not get into the stream", async () => {
  const client = await site.client(storeName());
  const { connection, store } = client;
  for (const subject of ["Account", "Account.ada.more"]) {
    const sending = connection.request(`${store.name}.${subject}`, "a stranger");
    await expect(sending).rejects.toThrow("no responders");
  }
  await connection.request(`${store.name}.Account.ada`, "a stranger");
  expect(await subjectsOf(client)).toEqual(["Account.ada"]);
});

test("defect 27: a selection that names a family over and over delivers each event once", async () => {
  const { store } = await site.client(storeName());
  await fill(store, "ada", 3);
  const selection = [AccountEvents, AccountEvents.of("ada"), AccountEvents.only("Opened")];
  const expected = labels("Account", "ada", 1, 3);
  expect((await gather(store.replay(selection))).map(labelOf)).toEqual(expected);
  const listener = listen((signal) => store.subscribe(selection, { signal }));
  await listener.until((items) => items.length >= 3, "the past");
  await fill(store, "bob", 1);
  await listener.until((items) => items.length >= 4, "what is new");
  await listener.stop();
  expect(listener.items.map(labelOf)).toEqual([...expected, "Account.bob#1"]);
});

test("defect 34: family, type and id are stored to the letter, whatever they end with", async () => {
  const client = await site.client(storeName());
  type FooEvent = { readonly type: "FooEvent" };
  const family = defineEvents<FooEvent>()({ name: "BazEvent", types: { FooEvent: {} } });
  const events = [{ type: "FooEvent" }] as const;
  await client.store.publish({ family, id: "BarEvent", expect: "new", events });
  expect(await subjectsOf(client)).toEqual(["BazEvent.BarEvent"]);
  const [commit] = await storedLog(client.connection, client.store.name);
  expect(commit).toMatchObject({ family: "BazEvent", id: "BarEvent" });
  expect(commit!.frame.events.map(({ type }) => type)).toEqual(["FooEvent"]);
});
