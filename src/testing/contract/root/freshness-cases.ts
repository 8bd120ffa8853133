import assert from "node:assert/strict";
import { execute, find, type Freshness, read, write } from "../../../aggregate/index.ts";
import { append, appendEach, endOf } from "../append.ts";
import type { CaseDefinition } from "../contract-case.ts";
import { deposited } from "../contract-events.ts";
import { refused } from "../refused.ts";
import { eventually } from "../within.ts";
import { Ledger } from "./ledger.ts";

const cached = { fresh: "cached" } as const;
const leader = { fresh: "leader" } as const;

/** How fresh a root is. */
export const freshnessCases: readonly CaseDefinition[] = [
  {
    guarantee: "what another store writes is seen by a read, and at once from the leader",
    needs: ["reopen"],
    async check({ store, open }) {
      const other = await open({ name: store.name });
      await appendEach(other, "a", 5);
      await eventually(async () => {
        assert.equal((await find(store, Ledger, "a"))?.head.revision, 5);
      });
      for (let n = 6; n <= 40; n++) {
        await append(other, "a", "any", [deposited(n)]);
        const root = await read(store, Ledger, "a", leader);
        assert.deepEqual(root.state, { cents: (n * (n + 1)) / 2, events: n });
      }
      await append(other, "a", "any", [deposited(0)]);
      await eventually(async () => {
        assert.equal((await read(store, Ledger, "a")).head.revision, 41);
      });
    },
  },
  {
    guarantee: '"cached" is the root in memory however old; without one it is read',
    needs: ["reopen"],
    async check({ store, open }) {
      const other = await open({ name: store.name });
      await appendEach(store, "a", 20);
      const first = await read(store, Ledger, "a", leader);
      await appendEach(other, "a", 3, first.head);
      assert.deepEqual(await read(store, Ledger, "a", cached), first);
      assert.deepEqual(await find(store, Ledger, "a", { fresh: { maxStaleMs: Infinity } }), first);
      assert.equal((await read(other, Ledger, "a", leader)).head.revision, 23);
      assert.deepEqual(await read(store, Ledger, "a", cached), first, "still");
      const now = await read(store, Ledger, "a", leader);
      assert.equal(now.head.revision, 23);
      assert.deepEqual(await read(store, Ledger, "a", cached), now);
    },
  },
  {
    guarantee: "maxStaleMs asks again once the root in memory was the newest so long ago",
    needs: ["reopen"],
    async check({ store, open }) {
      const other = await open({ name: store.name });
      await appendEach(store, "a", 2);
      const first = await read(store, Ledger, "a", leader);
      await append(other, "a", first.head, [deposited(3)]);
      assert.deepEqual(await read(store, Ledger, "a", { fresh: { maxStaleMs: 60_000 } }), first);
      await eventually(async () => {
        const root = await read(store, Ledger, "a", { fresh: { maxStaleMs: 50 } });
        assert.equal(root.head.revision, 3);
      });
    },
  },
  {
    guarantee: "one's own writes are in memory at once",
    async check({ store }) {
      const executed = await execute(store, Ledger, "a", { cents: 5 });
      assert.deepEqual((await read(store, Ledger, "a", cached)).head, executed.head);
      const written = await write(store, Ledger, executed, [deposited(2)]);
      assert.deepEqual((await read(store, Ledger, "a", cached)).head, written.head);
      assert.deepEqual((await read(store, Ledger, "a", cached)).state, { cents: 7, events: 2 });
      assert.equal((await execute(store, Ledger, "a", { cents: 1 })).state.cents, 8);
    },
  },
  {
    guarantee: "a freshness that is none is refused before anything is asked",
    async check({ store }) {
      await append(store, "a", "new", [deposited(1)]);
      await read(store, Ledger, "a", leader);
      const bad = [null, "", "replica", "Leader", 0, 5, true, {}, [], { maxStaleMs: undefined }];
      const amounts = [-1, Number.NaN, -Infinity, "1", 1n, null].map((maxStaleMs) => ({
        maxStaleMs,
      }));
      for (const fresh of [...bad, ...amounts] as Freshness[]) {
        for (const call of [read, find]) {
          const what = typeof fresh === "object" ? Object.values(fresh ?? {}).join() : fresh;
          const error = await refused("invalid-input", `fresh: ${what}`, () =>
            call(store, Ledger, "a", { fresh }),
          );
          assert.match(error.field, /^fresh/);
        }
      }
      assert.equal(await endOf(store), 1);
    },
  },
];
