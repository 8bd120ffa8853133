import {
  type CommandTo,
  commandTo,
  ConflictError,
  defineAggregate,
  defineEvents,
  defineReactor,
  type EventStore,
  execute,
  memoryCheckpoints,
  react,
  type Reaction,
  read,
  type Running,
  snapshotAndTruncate,
  UnavailableError,
} from "jetfold";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Site, storeName } from "../faults/site.ts";
import { until } from "../faults/until.ts";
import { doneEvents } from "../../src/react/done.ts";
import { inMemory, type Open, onJetStream } from "./open.ts";
import {
  fulfilled,
  fulfilment,
  Order,
  type OrderEvent,
  outcome,
  place,
  plenty,
  Stock,
} from "./warehouse.ts";

let site: Site;
beforeAll(async () => {
  site = await Site.start(1);
});
afterAll(() => site.close());

/** Handle all there is, and stop. */
async function run(running: Running): Promise<void> {
  await running.caughtUp();
  await running.stop();
}

/** Events that hold a list, which a handler can consume. */
const Baskets = defineEvents<{ type: "Filled"; skus: string[] }>()({
  name: "Basket",
  types: { Filled: {} },
});

const fromTheStart = () => ({ checkpoints: memoryCheckpoints() });
const soon = { retries: 1, firstMs: 1, longestMs: 2 } as const;

const stores: readonly (readonly [string, Open])[] = [
  ["in memory", inMemory()],
  ["on JetStream", onJetStream(() => site)],
];

describe.concurrent.each(stores)("commands of a reactor %s", (_, open) => {
  test("are stored together, and once", async () => {
    const store = await open(storeName());
    const running = react(store, fulfilment());
    await place(store, "a");
    await running.reached(await place(store, "b", { sku: "pot" }));
    await running.stop();
    expect(await outcome(store)).toEqual(fulfilled("a", "b"));
  });

  test("are stored once, though the reactor begins from the start again", async () => {
    const name = storeName();
    const first = await open(name);
    for (const id of ["a", "b", "c"]) await place(first, id);
    for (let life = 0; life < 3; life++) {
      await run(react(await open(name), fulfilment(), fromTheStart()));
    }
    expect(await outcome(first)).toEqual(fulfilled("a", "b", "c"));
  });

  test("are stored once, though what they led to was cut off since", async () => {
    const name = storeName();
    const store = await open(name);
    for (const id of ["a", "b"]) await place(store, id);
    await run(react(store, fulfilment(), fromTheStart()));
    const stock = await read(store, Stock, "cup");
    expect(await snapshotAndTruncate(store, Stock, stock)).toHaveProperty("deleted", 2);

    const later = await open(name);
    await run(react(later, fulfilment(), fromTheStart()));
    expect((await read(later, Stock, "cup", { fresh: "leader" })).state).toBe(2);
  });

  test("are stored once, though two processes react at the same time", async () => {
    const name = storeName();
    const both = [await open(name), await open(name)];
    const runs = both.map((store) => react(store, fulfilment(), fromTheStart()));
    const orders = Array.from({ length: 20 }, (_, i) => `o${i}`);
    for (const id of orders) await place(both[0]!, id, { sku: "cup" });
    for (const running of runs) await run(running);
    expect((await outcome(both[0]!)).toSorted()).toEqual(fulfilled(...orders).toSorted());
  });

  test("are stored once, by whoever of several processes is active", async () => {
    const name = storeName();
    const standby = { takeOverMs: 1_000 };
    const [store, other] = [await open(name), await open(name)];
    const first = react(store, fulfilment(), { standby });
    await first.reached(await place(store, "a"));
    const second = react(other, fulfilment(), { standby });
    await until("the second to stand by", () => second.state === "standby");
    await first.stop();
    await second.reached(await place(store, "b"));
    await second.stop();
    expect(await outcome(store)).toEqual(fulfilled("a", "b"));
  });

  test("are stored once, by a new version too, which reacts to what the old one left", async () => {
    const name = storeName();
    const store = await open(name);
    for (const id of ["a", "b", "c"]) await place(store, id);
    const forgetful = fulfilment({
      react: ({ id }) => (id === "b" ? undefined : commandTo(Order, id, { type: "Confirmed" })),
    });
    const old = react(store, forgetful);
    await old.caughtUp();
    const young = react(await open(name), fulfilment({ version: 2 }));
    await young.activated();
    await old.done;
    expect(old.state).toBe("superseded");
    await young.reached(await place(store, "d"));
    await young.stop();
    const made = ["a confirmed", "c confirmed", ...fulfilled("b", "d")];
    expect(await outcome(store)).toEqual(made);
  });

  test("are those of the event as it is stored, though `react` consumed it and threw", async () => {
    const store = await open(storeName());
    const reactor = defineReactor({
      name: "packing",
      events: Baskets,
      onError: { ...soon, retries: 3 },
      react: ({ event: { skus } }) => {
        const commands: CommandTo[] = [];
        for (let sku = skus.shift(); sku !== undefined; sku = skus.shift()) {
          commands.push(
            commandTo(Stock, sku, { order: "b", quantity: sku === "pan" ? plenty + 1 : 1 }),
          );
        }
        if (failures-- > 0) throw new Error("not yet");
        return commands;
      },
      onRejected: ({ event: { skus } }) =>
        skus.map((sku) => commandTo(Stock, sku, { order: "b", quantity: 1 })),
    });
    let failures = 2;
    const running = react(store, reactor);
    for (const skus of [["cup", "pot"], ["pan"]]) {
      const basket = { family: Baskets, id: "b", events: [{ type: "Filled", skus }] } as const;
      await running.reached((await store.publish({ ...basket, expect: "any" })).head.sequence);
    }
    await running.stop();
    for (const sku of ["cup", "pot", "pan"]) expect((await read(store, Stock, sku)).state).toBe(1);
  });

  test("of what was parked are stored once, when it is retried", async () => {
    const store = await open(storeName());
    let broken = true;
    const reactor = fulfilment({
      onError: { ...soon, policy: "park" },
      react: ({ id }) => {
        if (broken && id === "b") throw new Error("no such shelf");
        return commandTo(Order, id, { type: "Confirmed" });
      },
    });
    const running = react(store, reactor);
    await place(store, "a");
    await place(store, "b");
    await place(store, "b");
    const last = await place(store, "c");
    await running.reached(last);
    expect(await outcome(store)).toEqual(["a confirmed", "c confirmed"]);
    broken = false;
    expect(await running.parked.retry()).toEqual([]);
    await running.stop();
    await run(react(store, reactor, fromTheStart()));
    const made = ["a confirmed", "c confirmed", "b confirmed", "b confirmed"];
    expect(await outcome(store)).toEqual(made);
  });

  test("that are rejected store nothing, and what is done instead is stored once", async () => {
    const store = await open(storeName());
    await place(store, "a", { quantity: plenty });
    await place(store, "b", { quantity: 1 });
    for (let life = 0; life < 2; life++) await run(react(store, fulfilment(), fromTheStart()));
    expect(await outcome(store)).toEqual([...fulfilled("a"), "b cancelled"]);
  });

  test.each([
    ["a bug", () => new TypeError("a bug")],
    ["what is away elsewhere", () => Object.assign(new Error("connect"), { code: "ECONNREFUSED" })],
    ["an outage", () => new UnavailableError("the rates are away")],
    ["another aggregate's conflict", () => new ConflictError({ family: "Rate", id: "x" }, 1, 2)],
    ["an abort", () => AbortSignal.abort().reason as Error],
  ])("that fail by %s are tried again, and it is no rejection", async (_, make) => {
    const store = await open(storeName());
    let calls = 0;
    const Shaky = defineAggregate({
      ...Order,
      process: (state: number, event: OrderEvent, context) => {
        if (++calls < 3) throw make();
        return Order.process(state, event, context);
      },
    });
    const reactor = fulfilment({
      onError: { ...soon, retries: 2 },
      react: ({ id }) => commandTo(Shaky, id, { type: "Confirmed" }),
    });
    await place(store, "a");
    await run(react(store, reactor, fromTheStart()));
    expect(await outcome(store)).toEqual(["a confirmed"]);
  });

  test("that are rejected, with nothing to do instead, are a failure", async () => {
    const store = await open(storeName());
    const reactor = fulfilment({ onError: soon, onRejected: () => undefined });
    const running = react(store, reactor);
    await place(store, "a", { quantity: plenty + 1 });
    await expect(running.done).rejects.toMatchObject({ code: "rejected", family: "Stock" });
    expect(await outcome(store)).toEqual([]);
  });

  test("are told from what the reactor has executed itself: that is a failure", async () => {
    const store = await open(storeName());
    const tooMuch = { order: "a", quantity: plenty + 1 };
    const reactor = fulfilment({
      onError: soon,
      react: async () => void (await execute(store, Stock, "cup", tooMuch)),
    });
    const running = react(store, reactor);
    await place(store, "a");
    await expect(running.done).rejects.toMatchObject({ code: "rejected", family: "Stock" });
    expect(await outcome(store)).toEqual([]);
  });

  test("several of one aggregate are decided on one another, in one commit", async () => {
    const store = await open(storeName());
    const half = { quantity: plenty / 2 };
    const twice = ({ id }: { readonly id: string }): Reaction =>
      [1, 2].map(() => commandTo(Stock, "cup", { order: id, ...half }));
    await place(store, "a");
    await run(react(store, fulfilment({ react: twice })));
    const { state, head } = await read(store, Stock, "cup");
    expect([state, head.revision]).toEqual([plenty, 2]);
    await place(store, "b");
    await run(react(store, fulfilment({ react: twice })));
    expect(await outcome(store)).toEqual(["a reserved", "a reserved", "b cancelled"]);
  });

  test("of a truncated aggregate come of its base, once; without that it is a failure", async () => {
    const name = storeName();
    const store = await open(name);
    await place(store, "a");
    await place(store, "a");
    await snapshotAndTruncate(store, Order, await read(store, Order, "a"));
    const without = react(store, fulfilment({ onError: soon }), fromTheStart());
    await expect(without.done).rejects.toMatchObject({ code: "truncated", id: "a" });
    const reactor = fulfilment({
      reactToBase: ({ id }) => commandTo(Order, id, { type: "Confirmed" }),
    });
    for (let life = 0; life < 2; life++)
      await run(react(await open(name), reactor, fromTheStart()));
    await place(store, "a", { sku: "pot" });
    await run(react(await open(name), reactor, fromTheStart()));
    expect(await outcome(store)).toEqual(["a confirmed", ...fulfilled("a")]);
  });

  test("tell what has caused them", async () => {
    const store = await open(storeName());
    const told = { metadata: { actor: "warehouse" } };
    const reactor = fulfilment({
      react: ({ id }) => commandTo(Order, id, { type: "Confirmed" }, told),
    });
    const cause = await store.at(Order.events.of("a"), await place(store, "a"));
    await run(react(store, reactor));
    const last = await store.last(Order.events, "a");
    expect(last!.metadata).toEqual({
      causationId: cause!.commitId,
      correlationId: cause!.commitId,
      actor: "warehouse",
    });
  });
});

describe.concurrent.each(stores)("what a reactor asks outside, %s,", (_, open) => {
  test("has the same key each time, and another for each event", async () => {
    const store = await open(storeName());
    const keys: string[] = [];
    const asks = fulfilment({ react: (_, { key }) => void keys.push(key) });
    for (const id of ["a", "a", "b"]) await place(store, id);
    for (const version of [1, 2]) {
      await run(react(store, { ...asks, version }, fromTheStart()));
    }
    expect(keys.slice(3)).toEqual(keys.slice(0, 3));
    expect(new Set(keys).size).toBe(3);
    for (const key of keys) expect(key).toMatch(/^[0-9a-f-]{36}$/);
  });

  test("is not asked again once it is noted", async () => {
    const name = storeName();
    const store = await open(name);
    const asked: string[] = [];
    const asks = fulfilment({
      react: ({ id }) => {
        asked.push(id);
        return [];
      },
    });
    for (const id of ["a", "b"]) await place(store, id);
    for (let life = 0; life < 2; life++) {
      await run(react(await open(name), asks, fromTheStart()));
    }
    expect(asked).toEqual(["a", "b"]);
    expect(await outcome(store)).toEqual([]);
  });
});

describe.concurrent.each(stores)("the notes of a reactor %s", (_, open) => {
  test("are cut, and go on telling what was done", async () => {
    const name = storeName();
    const store = await open(name);
    const reactor = fulfilment({ react: ({ id }) => commandTo(Order, id, { type: "Confirmed" }) });
    const orders = 250;
    for (let i = 0; i < orders; i++) await place(store, "a");
    await run(react(store, reactor, fromTheStart()));
    expect(await notesOf(store)).toBeLessThanOrEqual(101);
    await run(react(await open(name), reactor, fromTheStart()));
    expect(await outcome(store)).toHaveLength(orders);
  });

  test("and its position are kept in the store, unless told otherwise", async () => {
    const name = storeName();
    const store = await open(name);
    await place(store, "a");
    await run(react(store, fulfilment()));
    const running = react(await open(name), fulfilment());
    await running.caughtUp();
    expect(running.handled).toBe(0);
    await running.stop();
  });
});

async function notesOf(store: EventStore): Promise<number> {
  let notes = 0;
  for await (const _ of store.replay(doneEvents).commits()) notes++;
  return notes;
}
