import {
  defineAggregate,
  defineEvents,
  type Family,
  msgpackCodec,
  observe,
  PoisonError,
  read,
  type Root,
  saveSnapshot,
  write,
} from "jetfold";
import { afterAll, beforeAll, expect, test } from "vitest";
import { gather } from "../../src/testing/contract/gather.ts";
import { Site, storeName } from "../faults/site.ts";
import { Account, deposited, fill } from "./account.ts";
import { recorder } from "./recorder.ts";

let site: Site;
beforeAll(async () => {
  site = await Site.start(1);
});
afterAll(() => site.close());

type Priced1 = { readonly type: "Priced"; readonly euros: number };
type Priced2 = { readonly type: "Priced"; readonly cents: number };
type Priced3 = { readonly type: "Priced"; readonly cents: number; readonly currency: string };
type Named = { readonly type: "Named"; readonly name: string };

const toCents = ({ euros }: Priced1): Priced2 => ({ type: "Priced", cents: euros * 100 });
const toCurrency = (old: Priced2): Priced3 => ({ ...old, currency: "EUR" });

const Items1: Family<Priced1 | Named> = defineEvents<Priced1 | Named>()({
  name: "Item",
  types: { Priced: {}, Named: {} },
});
const Items3: Family<Priced3 | Named> = defineEvents<Priced3 | Named>()({
  name: "Item",
  types: { Priced: { upcast: [toCents, toCurrency] }, Named: {} },
});

const priced3: Priced3 = { type: "Priced", cents: 250, currency: "SEK" };
const named: Named = { type: "Named", name: "tea" };

test("defect 12: one type of a family has a new version and the others keep theirs", async () => {
  const { store } = await site.client(storeName());
  const old = [{ type: "Priced", euros: 2 }, named] as const;
  const { head } = await store.publish({ family: Items1, id: "tea", expect: "new", events: old });
  await store.publish({ family: Items3, id: "tea", expect: head, events: [priced3, named] });
  const stored = await gather(store.replay(Items3));
  expect(stored.map(({ type, version }) => [type, version])).toEqual([
    ["Priced", 1],
    ["Named", 1],
    ["Priced", 3],
    ["Named", 1],
  ]);
  const upcast = { type: "Priced", cents: 200, currency: "EUR" };
  expect(stored.map(({ event }) => event)).toEqual([upcast, named, priced3, named]);
});

test("defect 12: code that is older than an event fails on it, or goes on if it says so", async () => {
  const { store } = await site.client(storeName());
  await store.publish({ family: Items3, id: "tea", expect: "new", events: [priced3, named] });
  const strict = recorder({ name: "strict", events: Items1 });
  const lenient = recorder({ name: "lenient", events: Items1, poison: "skip" });
  const failing = observe(store, strict.projection);
  const going = observe(store, lenient.projection);
  await expect(failing.done).rejects.toThrow('"Priced" has schema version 3, known up to 1');
  await going.reached(1);
  await going.stop();
  expect(lenient.seen).toEqual(["Item.tea#2"]);
  const raw = await gather(store.replay(Items1, { poison: "raw" }));
  expect(raw.map(({ version }) => version)).toEqual([3, 1]);
  expect(msgpackCodec.decode(raw[0]!.body, "")).toEqual({ cents: 250, currency: "SEK" });
  expect(() => raw[0]!.event).toThrow(PoisonError);
});

test("defect 13: a version is the number of its upcasters, and every step of them runs", async () => {
  const { store } = await site.client(storeName());
  const Items2 = defineEvents<Priced2>()({
    name: "Item",
    types: { Priced: { upcast: [toCents] } },
  });
  const first = { type: "Priced", euros: 3 } as const;
  const second = { type: "Priced", cents: 300 } as const;
  const at = { id: "tea", expect: "any" } as const;
  await store.publish({ ...at, family: Items1, events: [first] });
  await store.publish({ ...at, family: Items2, events: [second] });
  await store.publish({ ...at, family: Items3, events: [priced3] });
  const stored = await gather(store.replay(Items3));
  expect(stored.map(({ version }) => version)).toEqual([1, 2, 3]);
  const upcast = { type: "Priced", cents: 300, currency: "EUR" };
  expect(stored.map(({ event }) => event)).toEqual([upcast, upcast, priced3]);
});

test("defect 13: upcasters that leave a step out or swap two do not compile", () => {
  const name = "Item";
  const flawed = {
    // @ts-expect-error the last step returns version 2
    unfinished: () => defineEvents<Priced3>()({ name, types: { Priced: { upcast: [toCents] } } }),
    swapped: () =>
      // @ts-expect-error the first step returns what the second does not take
      defineEvents<Priced3>()({ name, types: { Priced: { upcast: [toCurrency, toCents] } } }),
  };
  // That the two lines above are errors is checked by the compiler; the control is that this is none.
  const linked = defineEvents<Priced3>()({
    name,
    types: { Priced: { upcast: [toCents, toCurrency] } },
  });
  expect(linked.upcasters.get("Priced")).toEqual([toCents, toCurrency]);
  expect(Object.keys(flawed)).toHaveLength(2);
});

test("defect 32: a root is plain data that goes through JSON and can be written on", async () => {
  const { store } = await site.client(storeName());
  const root = await fill(store, "ada", 3);
  const copy = JSON.parse(JSON.stringify(root)) as typeof root;
  expect(copy).toEqual(root);
  expect((await write(store, Account, copy, [deposited(3)])).state.cents).toBe(6);
});

test("defect 32: a snapshot spares the events before it and is used by its own version only", async () => {
  const { store } = await site.client(storeName());
  const applied: number[] = [];
  const Named = defineAggregate({ ...Account, name: "account" });
  const counting = (version: number): typeof Account =>
    defineAggregate({
      ...Named,
      version,
      upcastState: Array.from(
        { length: version - 1 },
        () =>
          (old: never): unknown =>
            old,
      ),
      apply: (state, event) => (applied.push(version), Account.apply(state, event)),
    });
  const root = await fill(store, "ada", 5);
  await saveSnapshot(store, Named, await read(store, Named, "ada"));
  const later: Root<unknown> = await write(store, Account, root, [deposited(5)]);
  const first = await read(store, counting(1), "ada");
  expect([first.state, first.head, first.snapshotRevision]).toEqual([later.state, later.head, 5]);
  expect(applied).toEqual([1]);
  const second = await read(store, counting(2), "ada");
  expect([second.state, second.snapshotRevision]).toEqual([later.state, 0]);
  expect(applied).toEqual([1, 2, 2, 2, 2, 2, 2]);
});
