import assert from "node:assert/strict";
import { execute, read } from "../../../aggregate/index.ts";
import { append } from "../append.ts";
import type { CaseContext, CaseDefinition } from "../contract-case.ts";
import { deposited } from "../contract-events.ts";
import { refused } from "../refused.ts";
import { Ledger, Overdrawn } from "./ledger.ts";

/** Memory holds ledger "a" with `had` cents, and then another store adds `more`. */
async function makeStale({ store, open }: CaseContext, had: number, more: number): Promise<void> {
  const other = await open({ name: store.name });
  await append(store, "a", "new", [deposited(had)]);
  const root = await read(store, Ledger, "a", { fresh: "leader" });
  await append(other, "a", root.head, [deposited(more)]);
  assert.equal(await read(store, Ledger, "a", { fresh: "cached" }), root);
}

/** A no that was decided on a root in memory. */
export const rejectionCases: readonly CaseDefinition[] = [
  {
    guarantee: "a rejection on a stale root in memory is decided again on the leader's",
    needs: ["reopen"],
    async check(context) {
      const { store } = context;
      await makeStale(context, 10, 100);
      const done = await execute(store, Ledger, "a", { cents: -50 });
      assert.deepEqual([done.state.cents, done.events], [60, [deposited(-50)]]);
      assert.equal((await read(store, Ledger, "a", { fresh: "cached" })).state.cents, 60);
    },
  },
  {
    guarantee: "nothing to do on a stale root in memory is decided again on the leader's",
    needs: ["reopen"],
    async check(context) {
      const { store } = context;
      await makeStale(context, 1500, -1400);
      const done = await execute(store, Ledger, "a", { cents: 20 });
      assert.deepEqual([done.state.cents, done.events], [120, [deposited(20)]]);
    },
  },
  {
    guarantee: "a yes on a stale root in memory is decided again when it conflicts",
    needs: ["reopen"],
    async check(context) {
      const { store } = context;
      await makeStale(context, 100, -80);
      const error = await refused("rejected", "taking out what is gone", () =>
        execute(store, Ledger, "a", { cents: -50 }),
      );
      assert.ok(error.cause instanceof Overdrawn);
      assert.equal(error.cause.message, "there are 20");
      const done = await execute(store, Ledger, "a", { cents: -20 });
      assert.deepEqual([done.state.cents, done.head.revision], [0, 3]);
    },
  },
  {
    guarantee: "a no that holds on the leader's root is told, and nothing is stored",
    needs: ["reopen"],
    async check(context) {
      const { store } = context;
      await makeStale(context, 10, 5);
      await append(store, "b", "new", [deposited(1)]);
      for (const [id, had] of [
        ["a", 15],
        ["b", 1],
        ["nobody", 0],
      ] as const) {
        const error = await refused("rejected", `overdrawing ${id}`, () =>
          execute(store, Ledger, id, { cents: -50 }),
        );
        assert.equal((error.cause as Error).message, `there are ${had}`);
      }
      const end = await store.last(Ledger.events, "a", { fresh: "leader" });
      assert.equal(end?.lastRevision, 2);
      const nothing = await execute(store, Ledger, "a", { cents: 0 });
      assert.deepEqual([nothing.events, nothing.state.cents], [[], 15]);
    },
  },
];
