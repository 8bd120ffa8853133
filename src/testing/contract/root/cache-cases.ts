import assert from "node:assert/strict";
import { defineAggregate, execute, read, write } from "../../../aggregate/index.ts";
import { append, appendEach } from "../append.ts";
import type { CaseDefinition } from "../contract-case.ts";
import { deposited, type LedgerEvent, LedgerEvents } from "../contract-events.ts";
import { refused } from "../refused.ts";
import { eventually } from "../within.ts";
import { Ledger } from "./ledger.ts";

/** The roots in memory. */
export const cacheCases: readonly CaseDefinition[] = [
  {
    guarantee: "a store told to keep none keeps none, and every read is made",
    needs: ["reopen"],
    options: { cachedRoots: 0 },
    async check({ store, open }) {
      const other = await open({ name: store.name });
      const { head } = await execute(store, Ledger, "a", { cents: 1 });
      await write(store, Ledger, await read(store, Ledger, "a", { fresh: "leader" }), [
        deposited(1),
      ]);
      await append(other, "a", head.sequence + 1, [deposited(1)]);
      for (const fresh of ["cached", { maxStaleMs: Infinity }] as const) {
        await eventually(async () => {
          assert.equal((await read(store, Ledger, "a", { fresh })).state.cents, 3);
        });
      }
      assert.equal(store.roots.size, 0);
      assert.equal((await execute(store, Ledger, "a", { cents: -3 })).state.cents, 0);
    },
  },
  {
    guarantee: "no more are kept than it is told, those used last; the others are read again",
    needs: ["reopen"],
    options: { cachedRoots: 3 },
    async check({ store, open }) {
      const other = await open({ name: store.name });
      const ids = Array.from({ length: 10 }, (_, n) => `ledger-${n}`);
      await execute(store, Ledger, ids[0]!, { cents: 1 });
      const first = await read(store, Ledger, ids[0]!, { fresh: "cached" });
      for (const id of ids.slice(1)) {
        await execute(store, Ledger, id, { cents: 1 });
        assert.deepEqual(await read(store, Ledger, ids[0]!, { fresh: "cached" }), first);
        assert.ok(store.roots.size <= 3);
      }
      assert.equal(store.roots.size, 3);
      for (const id of ids) await append(other, id, "any", [deposited(1)]);
      const kept = [ids[0]!, ids[8]!, ids[9]!];
      for (const id of kept) {
        assert.equal((await read(store, Ledger, id, { fresh: "cached" })).state.cents, 1);
      }
      for (const id of ids.slice(1, 8)) {
        await eventually(async () => {
          assert.equal((await read(store, Ledger, id)).state.cents, 2);
        });
      }
      assert.equal(store.roots.size, 3);
    },
  },
  {
    guarantee: "a number of roots that is none is refused",
    async check({ open }) {
      for (const cachedRoots of [-1, 1.5, Number.NaN, Infinity, "3", null] as number[]) {
        const error = await refused("invalid-input", `cachedRoots ${cachedRoots}`, () =>
          open({ cachedRoots }),
        );
        assert.equal(error.field, "cachedRoots");
      }
    },
  },
  {
    guarantee: "one definition is never given a root that another folded",
    async check({ store }) {
      const Counter = defineAggregate({
        events: LedgerEvents,
        snapshots: false,
        initial: () => 0,
        process: (): LedgerEvent[] => [deposited(7)],
        apply: (count: number) => count + 1,
      });
      await appendEach(store, "a", 3);
      for (let round = 0; round < 3; round++) {
        const ledger = await read(store, Ledger, "a", { fresh: "leader" });
        assert.deepEqual(ledger.state, { cents: 6 + 7 * round, events: 3 + round });
        assert.equal((await read(store, Counter, "a", { fresh: "leader" })).state, 3 + round);
        assert.equal((await execute(store, Counter, "a", undefined)).state, 4 + round);
        const kept = await read(store, Counter, "a", { fresh: "cached" });
        assert.equal(kept.state, 4 + round);
      }
    },
  },
];
