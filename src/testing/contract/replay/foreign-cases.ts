import assert from "node:assert/strict";
import type { JetfoldErrorOf, PoisonPolicy, Sequence } from "../../../event/index.ts";
import { append, endOf, sendParcel } from "../append.ts";
import type { CaseContext, CaseDefinition } from "../contract-case.ts";
import { deposited, everything, LedgerEvents, opened, ParcelEvents } from "../contract-events.ts";
import { gather } from "../gather.ts";
import { listen } from "../listen.ts";
import { refused, refusedAs } from "../refused.ts";

const text = new TextEncoder();

/** What no writer of this library could have stored. */
const strangers: readonly [string, Uint8Array][] = [
  ["text", text.encode("hello")],
  ["nothing", new Uint8Array(0)],
  ["a JSON object", text.encode('{"type":"Opened","owner":"Ada"}')],
  ["the first byte of a commit", Uint8Array.of(0xf1)],
];

/** Messages that others put among the commits. */
export const foreignCases: readonly CaseDefinition[] = [
  {
    guarantee: "a foreign message fails, located, the reader that was not told otherwise",
    needs: ["foreign"],
    async check(context) {
      const { store } = context;
      for (const [index, [what, bytes]] of strangers.entries()) {
        const id = `ledger-${index}`;
        const { head } = await append(store, id, "new", [opened()]);
        await context.harness.putForeign!(store, "Ledger", id, bytes);
        const options = { after: head.sequence - 1, poison: "fail" } as const;
        const read = () => gather(store.replay(LedgerEvents, options));
        const error = await refusedAs(["poison", "corrupt"], `replaying over ${what}`, read);
        const { at } = error as JetfoldErrorOf<"poison" | "corrupt">;
        assert.ok(at.kind === "commit" && at.sequence > head.sequence);
        assert.deepEqual([at.family, at.id], ["Ledger", id]);
      }
    },
  },
  {
    guarantee: "what lies under no possible id is no aggregate, and its messages are foreign",
    needs: ["foreign"],
    async check({ store, harness }) {
      await append(store, "a", "new", [opened()]);
      const strange = ["\u00e9$%", "x".repeat(129), "a=b"];
      for (const id of strange) await harness.putForeign!(store, "Ledger", id, strangers[0]![1]);
      await append(store, "z", "new", [opened()]);
      const ids = await gather(store.ids(LedgerEvents));
      assert.deepEqual(ids.sort(), ["a", "z"]);
      const read = await gather(store.replay(LedgerEvents, { poison: "skip" }));
      assert.deepEqual(
        read.map(({ id }) => id),
        ["a", "z"],
      );
    },
  },
  {
    guarantee: "skip and a function leave foreign messages out, in replay and subscription",
    needs: ["foreign"],
    async check(context) {
      const { store } = context;
      const { id, stranger } = await amongOthers(context);
      const asked: Sequence[] = [];
      const policies: PoisonPolicy[] = ["skip", (error) => (asked.push(error.sequence), "skip")];
      for (const poison of policies) {
        const read = await gather(store.replay(everything, { poison }));
        assert.deepEqual(
          read.map((one) => one.id),
          [id, "other", "parcel"],
        );
        const listener = listen((signal) => store.subscribe(everything, { poison, signal }));
        await listener.until((items) => items.length >= 3, "what is not foreign");
        assert.equal(listener.items.length, 3);
        await listener.stop();
      }
      assert.deepEqual([...new Set(asked)], [stranger]);
    },
  },
  {
    guarantee: "a subscription told to fail, or not told, ends with the error",
    needs: ["foreign"],
    async check(context) {
      const { store } = context;
      const { stranger } = await amongOthers(context);
      for (const options of [{}, { poison: "fail" }, { poison: "raw" }] as const) {
        const listener = listen((signal) => store.subscribe(everything, { ...options, signal }));
        const error = await refused("poison", "subscribing", () => listener.ended);
        assert.equal(error.sequence, stranger);
        assert.equal(listener.items.length, 1, "what lies before it was delivered");
      }
    },
  },
  {
    guarantee: "a foreign message fails its own aggregate only",
    needs: ["foreign"],
    async check(context) {
      const { store } = context;
      const { id } = await amongOthers(context);
      assert.equal((await gather(store.replay(LedgerEvents.of("other")))).length, 1);
      assert.equal((await gather(store.replay(ParcelEvents))).length, 1);
      assert.equal((await append(store, "other", "any", [deposited(1)])).head.revision, 2);
      for (const poison of ["fail", "skip", "raw"] as const) {
        await refused("poison", "reading its aggregate", () =>
          gather(store.replay(LedgerEvents.of(id), { poison })),
        );
      }
      await refused("poison", "its aggregate's last", () => store.last(LedgerEvents, id));
    },
  },
  {
    guarantee: "nobody writes past a foreign message",
    needs: ["foreign"],
    async check({ store, harness }) {
      const { head } = await append(store, "a", "new", [opened()]);
      await harness.putForeign!(store, "Ledger", "a", text.encode("hello"));
      const end = await endOf(store);
      for (const expect of [head, head.sequence, "any", "new", end] as const) {
        await refusedAs(["conflict", "poison"], `expecting ${JSON.stringify(expect)}`, () =>
          append(store, "a", expect, [deposited(1)]),
        );
      }
      assert.equal(await endOf(store), end, "nothing was stored");
    },
  },
];

/** A ledger's commit, then a foreign message behind it, then commits of two other aggregates. */
async function amongOthers({
  store,
  harness,
}: CaseContext): Promise<{ id: string; stranger: Sequence }> {
  const id = "spoiled";
  const { head } = await append(store, id, "new", [opened()]);
  await harness.putForeign!(store, "Ledger", id, text.encode("hello"));
  const other = await append(store, "other", "new", [opened()]);
  await sendParcel(store, "parcel", "new");
  assert.equal(other.head.sequence, head.sequence + 2, "the foreign message has a sequence");
  return { id, stranger: head.sequence + 1 };
}
