import assert from "node:assert/strict";
import {
  defineAggregate,
  execute,
  read,
  readAfter,
  saveSnapshot,
  snapshotAndTruncate,
  write,
} from "../../../aggregate/index.ts";
import { defineEvents, noHead, type Sequence } from "../../../event/index.ts";
import { append, appendEach, sequencesOfPublished } from "../append.ts";
import type { CaseDefinition } from "../contract-case.ts";
import { deposited, type LedgerEvent, LedgerEvents } from "../contract-events.ts";
import { refused } from "../refused.ts";
import { add, count, type Fold, folding } from "./folding.ts";

/** Several definitions that fold one family. */
export const sharedFamilyCases: readonly CaseDefinition[] = [
  {
    guarantee: "a snapshot is read by nobody but the definition that folded it",
    options: { cachedRoots: 0 },
    async check({ store }) {
      await appendEach(store, "a", 4);
      for (const [Sum, Count] of [
        [folding(add), folding(count)],
        [folding(add, "sum"), folding(count)],
        [folding(add, "sum"), folding(count, "count")],
      ] as const) {
        for (const [folds, state, other, right] of [
          [Sum, 10, Count, 4],
          [Count, 4, Sum, 10],
        ] as const) {
          await saveSnapshot(store, folds, await read(store, folds, "a"));
          assert.deepEqual((await read(store, folds, "a")).snapshotRevision, 4);
          assert.equal((await read(store, folds, "a")).state, state);
          assert.equal((await read(store, other, "a")).state, right);
        }
      }
      // Named, they do not take each other's place.
      assert.equal((await read(store, folding(add, "sum"), "a")).snapshotRevision, 4);
      assert.equal((await read(store, folding(count, "count"), "a")).snapshotRevision, 4);
    },
  },
  {
    guarantee: "a base is read by nobody but the definition of its name",
    needs: ["reopen"],
    async check({ store, open }) {
      const Sum = folding(add, "sum");
      const Count = folding(count, "count");
      await appendEach(store, "a", 4);
      const counted = await read(store, Count, "a", { fresh: "leader" });
      await snapshotAndTruncate(store, Sum, await read(store, Sum, "a", { fresh: "leader" }));
      const cold = await open({ name: store.name });
      const readBy = (fold: Fold) => read(cold, fold, "a", { fresh: "leader" });
      assert.equal((await readBy(Sum)).state, 10);
      assert.equal((await readBy(folding((sum) => sum, "sum"))).state, 10);
      for (const stranger of [Count, folding(count)]) {
        const error = await refused("truncated", "reading another's base", () => readBy(stranger));
        assert.match(error.message, /is of aggregate "sum"/);
        await refused("truncated", "deciding on it", () => execute(cold, stranger, "a", 1));
      }
      // Who has folded what was cut goes on.
      const root = await readAfter(store, Count, counted, { fresh: "leader" });
      assert.equal(root.state, 4);
      const { head } = await write(store, Count, root, [deposited(5)]);
      assert.equal(head.revision, 5);
      assert.equal((await readBy(Sum)).state, 15);
    },
  },
  {
    guarantee: "a base that says nothing of its definition is of the one with the family's name",
    async check({ store }) {
      const base = { reducerVersion: 1, state: 10 };
      await appendEach(store, "a", 4);
      const last = await store.last(LedgerEvents, "a", { fresh: "leader" });
      const commit = { family: LedgerEvents, id: "a", expect: last!.head, events: [], base };
      const { head } = await store.publish(commit);
      await store.truncate(LedgerEvents, "a", head.sequence);
      for (const own of [folding(add), folding(add, "Ledger")]) {
        assert.equal((await read(store, own, "a", { fresh: "leader" })).state, 10);
      }
      const other = folding(add, "sum");
      await refused("truncated", "reading an old base", () =>
        read(store, other, "a", { fresh: "leader" }),
      );
    },
  },
  {
    guarantee: "another's base is passed over where what it stands for is still there",
    needs: ["reopen"],
    async check({ store, open }) {
      const [Sum, Count] = [folding(add, "sum"), folding(count, "count")];
      const sequences = sequencesOfPublished(await appendEach(store, "a", 4));
      const behind = await read(store, Sum, "a", { until: sequences[2]! });
      const cutTo = async (keepFrom: Sequence) => {
        const root = await read(store, Count, "a", { fresh: "leader" });
        return snapshotAndTruncate(store, Count, root, { keepFrom });
      };
      assert.equal((await cutTo(sequences[0]!)).deleted, 0);
      const cold = await open({ name: store.name });
      assert.equal((await read(cold, Sum, "a", { fresh: "leader" })).state, 10);
      const done = await execute(cold, Sum, "a", 5);
      assert.deepEqual([done.state, done.head.revision], [15, 5]);
      assert.equal((await cutTo(sequences[3]!)).deleted, 3);
      assert.equal((await readAfter(store, Sum, behind, { fresh: "leader" })).state, 15);
      const late = folding(add, "late");
      await refused("truncated", "reading what was cut", () =>
        read(store, late, "a", { fresh: "leader" }),
      );
    },
  },
  {
    guarantee: "a root is of use to nobody but the definition that folded it",
    async check({ store }) {
      await appendEach(store, "a", 4);
      const Sum = folding(add, "sum");
      const Newer = defineAggregate({ ...Sum, version: 2, upcastState: [(sum: number) => sum] });
      for (const [own, stranger] of [
        [Sum, folding(count, "count")],
        [Sum, folding(count)],
        [Sum, Newer],
      ] as const) {
        const root = await read(store, own, "a", { fresh: "leader" });
        for (const [what, use] of Object.entries({
          writing: () => write(store, stranger, root, [deposited(1)]),
          truncating: () => snapshotAndTruncate(store, stranger, root),
          "a snapshot": () => saveSnapshot(store, stranger, root),
          "reading on": () => readAfter(store, stranger, root),
        })) {
          const error = await refused("invalid-input", what, use);
          assert.match(error.message, /^root must be of aggregate .*, got "a root of sum /);
        }
      }
      const unnamed = await read(store, folding(add), "a", { fresh: "leader" });
      await refused("invalid-input", "without names", () =>
        write(store, folding(count), unnamed, [deposited(1)]),
      );
      const root = await read(store, Sum, "a", { fresh: "leader" });
      assert.equal(root.head.revision, 4);
      const twin = folding(add, "sum");
      assert.equal((await write(store, twin, root, [deposited(5)])).state, 15);
      const elsewhere = { ...root, family: "Other" };
      const error = await refused("invalid-input", "another family's", () =>
        write(store, Sum, elsewhere, [deposited(1)]),
      );
      assert.equal(error.field, "root.family");
    },
  },
  {
    guarantee: "a snapshot is not used when the family has an upcaster more by now",
    options: { cachedRoots: 0 },
    async check({ store }) {
      const Old = folding(add);
      await append(store, "a", noHead, [deposited(1), deposited(2)]);
      await saveSnapshot(store, Old, await read(store, Old, "a"));
      const cents = (euros: Extract<LedgerEvent, { type: "Deposited" }>) => ({
        ...euros,
        cents: euros.cents * 100,
      });
      const events = defineEvents<LedgerEvent>()({
        name: LedgerEvents.name,
        types: { Opened: {}, Deposited: { upcast: [cents] }, Noted: {} },
      });
      const Today = defineAggregate({ ...Old, events });
      const root = await read(store, Today, "a");
      assert.deepEqual([root.state, root.snapshotRevision], [300, 0]);
    },
  },
];
