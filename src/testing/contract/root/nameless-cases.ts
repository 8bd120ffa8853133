import assert from "node:assert/strict";
import {
  defineAggregate,
  read,
  saveSnapshot,
  snapshotAndTruncate,
} from "../../../aggregate/index.ts";
import { noHead } from "../../../event/index.ts";
import { append, appendEach } from "../append.ts";
import type { CaseDefinition } from "../contract-case.ts";
import { deposited, type LedgerEvent, LedgerEvents, noted } from "../contract-events.ts";
import { refused } from "../refused.ts";
import { add, count, type Fold, folding } from "./folding.ts";

/** Counts events of one type: all that it makes have the same code. */
function counting(type: LedgerEvent["type"], name?: string): Fold {
  return folding((sum, event) => (event.type === type ? sum + 1 : sum), name);
}

/** As {@link count}, of another shape. */
const Tally = defineAggregate({
  events: LedgerEvents,
  initial: () => ({ events: 0 }),
  process: (): LedgerEvent[] => [],
  apply: ({ events }) => ({ events: events + 1 }),
  upcastState: [],
  snapshots: false,
});

/** Several definitions without a name that fold one family. */
export const namelessCases: readonly CaseDefinition[] = [
  {
    guarantee: "without names, two that begin with other states are told apart by their bases",
    needs: ["reopen"],
    async check({ store, open }) {
      const Sum = folding(add);
      await appendEach(store, "a", 4);
      await snapshotAndTruncate(store, Sum, await read(store, Sum, "a", { fresh: "leader" }));
      const cold = await open({ name: store.name });
      const error = await refused("truncated", "reading another's base", () =>
        read(cold, Tally, "a", { fresh: "leader" }),
      );
      assert.match(error.message, /another definition called "Ledger".*a name each/);
      assert.equal((await read(cold, Sum, "a", { fresh: "leader" })).state, 10);
    },
  },
  {
    guarantee: "without names, nothing is truncated while two fold the family on this store",
    alsoJson: true,
    async check({ store }) {
      const [Sum, Count] = [folding(add), folding(count)];
      await appendEach(store, "a", 4);
      const root = await read(store, Sum, "a", { fresh: "leader" });
      await read(store, Count, "a", { fresh: "leader" });
      const error = await refused("config", "truncating", () =>
        snapshotAndTruncate(store, Sum, root),
      );
      assert.match(error.message, /several definitions without a name fold family "Ledger"/);
      const Named = folding(add, "Ledger");
      assert.equal((await snapshotAndTruncate(store, Named, root)).deleted, 4);
      assert.equal((await read(store, Named, "a", { fresh: "leader" })).state, 10);
    },
  },
  {
    guarantee: "without names, the snapshots of two that one function made are believed by neither",
    options: { cachedRoots: 0 },
    async check({ store }) {
      await append(store, "a", noHead, [deposited(1), deposited(2), noted(3)]);
      const [Deposits, Notes] = [counting("Deposited"), counting("Noted")];
      await saveSnapshot(store, Deposits, await read(store, Deposits, "a"));
      const variant = defineAggregate({ ...Deposits, process: () => [] });
      for (const own of [Deposits, variant]) {
        assert.equal((await read(store, own, "a")).snapshotRevision, 3, "one fold, and no other");
      }
      for (const [fold, right] of [
        [Notes, 1],
        [Deposits, 2],
      ] as const) {
        const root = await read(store, fold, "a");
        assert.deepEqual([root.state, root.snapshotRevision], [right, 0]);
        await refused("config", "a snapshot", () => saveSnapshot(store, fold, root));
      }
      const Named = counting("Deposited", "deposits");
      await saveSnapshot(store, Named, await read(store, Named, "a"));
      assert.equal((await read(store, Named, "a")).snapshotRevision, 3);
    },
  },
  {
    guarantee: "without names, none is truncated beside one of the same code, but for its versions",
    needs: ["reopen"],
    async check({ store, open }) {
      await append(store, "a", noHead, [deposited(1), deposited(2), noted(3)]);
      const Notes = counting("Noted");
      const other = counting("Deposited");
      const fresh = await open({ name: store.name, cachedRoots: 0 });
      const root = await read(fresh, Notes, "a", { fresh: "leader" });
      await read(fresh, other, "a", { fresh: "leader" });
      for (const fold of [Notes, other]) {
        const error = await refused("config", "truncating", () =>
          snapshotAndTruncate(fresh, fold, root),
        );
        assert.match(error.message, /give each a name/);
      }
      // Where it is the only one, it is defined anew in each process, raised there, and goes on.
      const anew = await open({ name: store.name, cachedRoots: 0 });
      const Again = counting("Noted");
      const Raised = defineAggregate({ ...Again, version: 2, upcastState: [(old: number) => old] });
      assert.equal((await read(anew, Raised, "a", { fresh: "leader" })).state, 1);
      await snapshotAndTruncate(anew, Again, await read(anew, Again, "a", { fresh: "leader" }));
      const later = await open({ name: store.name, cachedRoots: 0 });
      const last = await read(later, counting("Noted"), "a", { fresh: "leader" });
      assert.deepEqual([last.state, last.head.revision], [1, 3]);
    },
  },
];
