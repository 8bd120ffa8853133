import assert from "node:assert/strict";
import { execute, read, type Root, snapshotAndTruncate } from "../../../aggregate/index.ts";
import type { EventStore } from "../../../event/index.ts";
import { appendEach } from "../append.ts";
import type { CaseContext, CaseDefinition } from "../contract-case.ts";
import { eventually } from "../within.ts";
import { Ledger, type LedgerState } from "./ledger.ts";

const leader = { fresh: "leader" } as const;

/** A store that holds a ledger of 20 commits in memory, and another that truncates it. */
async function truncatedElsewhere({
  store,
  open,
}: CaseContext): Promise<{ readonly other: EventStore; readonly base: Root<LedgerState> }> {
  const other = await open({ name: store.name });
  await appendEach(store, "a", 20);
  await read(store, Ledger, "a", leader);
  const root = await read(other, Ledger, "a", leader);
  const { root: base, deleted } = await snapshotAndTruncate(other, Ledger, root);
  assert.equal(deleted, 20);
  return { other, base };
}

/** Roots in memory whose history was cut. */
export const truncatedCases: readonly CaseDefinition[] = [
  {
    guarantee: "a root in memory is right after the aggregate was truncated elsewhere",
    needs: ["reopen"],
    async check(context) {
      const { store } = context;
      const { base } = await truncatedElsewhere(context);
      assert.equal((await read(store, Ledger, "a", { fresh: "cached" })).state.cents, 210);
      const root = await read(store, Ledger, "a", leader);
      assert.deepEqual([root.state, root.head], [base.state, base.head]);
      const done = await execute(store, Ledger, "a", { cents: -10 });
      assert.deepEqual([done.state.cents, done.head.revision], [200, 21]);
    },
  },
  {
    guarantee: "it goes on from a root in memory that is older than the base",
    needs: ["reopen"],
    async check(context) {
      const { store } = context;
      const { other, base } = await truncatedElsewhere(context);
      for (const commits of [1, 15, 16, 40]) {
        const { head } = await read(other, Ledger, "a", leader);
        await appendEach(other, "a", commits, head);
      }
      const expected = await read(other, Ledger, "a", leader);
      assert.equal(expected.head.revision, base.head.revision + 72);
      const root = await read(store, Ledger, "a", leader);
      assert.deepEqual([root.state, root.head], [expected.state, expected.head]);
    },
  },
  {
    guarantee: "a command on a root in memory that is older than the base is decided on today's",
    needs: ["reopen"],
    async check(context) {
      const { store } = context;
      const { other, base } = await truncatedElsewhere(context);
      await appendEach(other, "a", 3, base.head);
      const done = await execute(store, Ledger, "a", { cents: -216 });
      assert.deepEqual([done.state.cents, done.head.revision], [0, 24]);
      const fresh = await context.open({ name: store.name });
      await eventually(async () => {
        assert.deepEqual((await read(fresh, Ledger, "a")).state, done.state);
      });
    },
  },
  {
    guarantee: "who truncates goes on with the base in memory",
    async check({ store }) {
      await appendEach(store, "a", 20);
      const root = await read(store, Ledger, "a", leader);
      const { root: base } = await snapshotAndTruncate(store, Ledger, root);
      const kept = await read(store, Ledger, "a", { fresh: "cached" });
      assert.deepEqual([kept.state, kept.head], [root.state, base.head]);
      assert.equal((await execute(store, Ledger, "a", { cents: 1 })).state.cents, 211);
      const again = await read(store, Ledger, "a", leader);
      const twice = await snapshotAndTruncate(store, Ledger, again);
      assert.deepEqual([twice.deleted, twice.root.state], [2, again.state]);
    },
  },
];
