import assert from "node:assert/strict";
import type { Selectable, Sequence } from "../../../event/index.ts";
import { append, sendParcel } from "../append.ts";
import type { CaseContext, CaseDefinition } from "../contract-case.ts";
import { deposited, everything, LedgerEvents, opened, ParcelEvents } from "../contract-events.ts";
import { gather, sequencesOf } from "../gather.ts";
import { refused } from "../refused.ts";

/** What a replay selects, and in which order. */
export const selectionCases: readonly CaseDefinition[] = [
  {
    guarantee: "an empty store, an empty family and an unknown aggregate have no events",
    async check({ store }) {
      assert.deepEqual(await gather(store.replay(LedgerEvents)), []);
      await append(store, "a", "new", [opened()]);
      for (const selection of [ParcelEvents, LedgerEvents.of("b"), ParcelEvents.of("a")]) {
        assert.deepEqual(await gather(store.replay(selection)), []);
        assert.deepEqual(await gather(store.replay(selection).commits()), []);
      }
    },
  },
  {
    guarantee: "each kind of selection gives its events, in the order of their sequences",
    alsoJson: true,
    async check({ store }) {
      const [o, p, q, r, s, t] = await sixCommits(store);
      const selections: [string, Selectable, Sequence[]][] = [
        ["a family", LedgerEvents, [o, q, r, r, t]],
        ["another family", ParcelEvents, [p, s]],
        ["a group of families", everything, [o, p, q, r, r, s, t]],
        ["one aggregate", LedgerEvents.of("a"), [o, r, r]],
        ["two aggregates", [LedgerEvents.of("a"), LedgerEvents.of("b")], [o, q, r, r, t]],
        ["one type", LedgerEvents.only("Deposited"), [r, t]],
        ["two types", LedgerEvents.only("Deposited", "Opened"), [o, q, r, r, t]],
        ["a type nobody wrote", LedgerEvents.only("Noted"), []],
        ["a mix", [LedgerEvents.of("b"), ParcelEvents.of("x")], [p, q, t]],
        ["a mix with types", [LedgerEvents.of("b"), ParcelEvents.only("Sent")], [p, q, s, t]],
        ["what overlaps, once", [LedgerEvents, LedgerEvents.of("a")], [o, q, r, r, t]],
        [
          "types or an aggregate",
          [LedgerEvents.only("Opened"), LedgerEvents.of("b")],
          [o, q, r, t],
        ],
      ];
      for (const [what, selection, expected] of selections) {
        const read = await gather(store.replay(selection));
        assert.deepEqual(sequencesOf(read), expected, what);
      }
    },
  },
  {
    guarantee: "commits come whole, those without events with a whole family or aggregate only",
    async check({ store }) {
      const [o, , q, r, , t] = await sixCommits(store);
      const empty = (await append(store, "a", "any", [])).head.sequence;
      const selections: [string, Selectable, Sequence[]][] = [
        ["a family", LedgerEvents, [o, q, r, t, empty]],
        ["one aggregate", LedgerEvents.of("a"), [o, r, empty]],
        ["one type", LedgerEvents.only("Deposited"), [r, t]],
      ];
      for (const [what, selection, expected] of selections) {
        const commits = await gather(store.replay(selection).commits());
        assert.deepEqual(sequencesOf(commits), expected, what);
      }
    },
  },
  {
    guarantee: "a commit holds the selected events only, with their own index and revision",
    async check({ store }) {
      await append(store, "a", "new", [opened(), deposited(1), opened(), deposited(2)]);
      const [commit] = await gather(store.replay(LedgerEvents.only("Deposited")).commits());
      assert.deepEqual(
        commit?.envelopes.map(({ index, revision, event }) => [index, revision, event.cents]),
        [
          [1, 2, 1],
          [3, 4, 2],
        ],
      );
      assert.deepEqual([commit?.firstRevision, commit?.lastRevision], [1, 4]);
    },
  },
  {
    guarantee: "aggregates of one id in different families are different",
    async check({ store }) {
      const ledger = await append(store, "same", "new", [opened()]);
      const parcel = await sendParcel(store, "same", "new");
      const [one, ...others] = await gather(store.replay(LedgerEvents.of("same")));
      assert.deepEqual([one?.sequence, others.length], [ledger.head.sequence, 0]);
      assert.equal((await store.last(ParcelEvents, "same"))?.sequence, parcel.head.sequence);
    },
  },
  {
    guarantee: "ids that begin alike, or differ in case, are different aggregates",
    async check({ store }) {
      const ids = ["a", "ab", "A", "a-", "a_", "a-b", "-", "_", "0"];
      for (const id of ids) await append(store, id, "new", [opened(id)]);
      for (const id of ids) {
        const read = await gather(store.replay(LedgerEvents.of(id)));
        assert.deepEqual(
          read.map(({ event }) => event),
          [opened(id)],
        );
      }
    },
  },
  {
    guarantee: "a selection that selects nothing at all is refused",
    async check({ store }) {
      for (const selection of [[], undefined, null, {}, "Ledger"] as never[]) {
        await refused("invalid-input", "replaying no selection", () =>
          gather(store.replay(selection)),
        );
        await refused("invalid-input", "the end of no selection", () => store.end(selection));
      }
    },
  },
];

/** Six commits of four aggregates: where each lies. */
async function sixCommits(
  store: CaseContext["store"],
): Promise<[Sequence, Sequence, Sequence, Sequence, Sequence, Sequence]> {
  const a = await append(store, "a", "new", [opened()]);
  const x = await sendParcel(store, "x", "new");
  const b = await append(store, "b", "new", [opened()]);
  const a2 = await append(store, "a", a.head, [deposited(1), opened()]);
  const y = await sendParcel(store, "y", "new");
  const b2 = await append(store, "b", b.head, [deposited(2)]);
  const [first, second, third] = [a, x, b].map(({ head }) => head.sequence);
  const [fourth, fifth, sixth] = [a2, y, b2].map(({ head }) => head.sequence);
  return [first!, second!, third!, fourth!, fifth!, sixth!];
}
