import assert from "node:assert/strict";
import { defineAggregate, execute, read } from "../../../aggregate/index.ts";
import { ConflictError, InvalidInputError, UnavailableError } from "../../../event/index.ts";
import { append } from "../append.ts";
import type { CaseContext, CaseDefinition } from "../contract-case.ts";
import { deposited, type LedgerEvent } from "../contract-events.ts";
import { refused, thrownBy } from "../refused.ts";
import { Ledger, Overdrawn } from "./ledger.ts";

/** Memory holds ledger "a" with `had` cents, and then another store adds `more`. */
async function makeStale({ store, open }: CaseContext, had: number, more: number): Promise<void> {
  const other = await open({ name: store.name });
  await append(store, "a", "new", [deposited(had)]);
  const root = await read(store, Ledger, "a", { fresh: "leader" });
  await append(other, "a", root.head, [deposited(more)]);
  assert.deepEqual(await read(store, Ledger, "a", { fresh: "cached" }), root);
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
      const own = error.cause as Overdrawn;
      assert.equal(Object.getPrototypeOf(own), Overdrawn.prototype);
      assert.equal(own.message, "there are 20");
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
        assert.equal(error.rejection, error.cause);
        const { code, data, message } = error.rejection;
        assert.deepEqual([code, data, message], ["overdrawn", { had }, `there are ${had}`]);
      }
      const end = await store.last(Ledger.events, "a", { fresh: "leader" });
      assert.equal(end?.lastRevision, 2);
      const nothing = await execute(store, Ledger, "a", { cents: 0 });
      assert.deepEqual([nothing.events, nothing.state.cents], [[], 15]);
    },
  },
  {
    guarantee: "what process throws that is no rejection leaves as it is, and nothing is stored",
    async check({ store }) {
      const { reason } = AbortSignal.abort() as { readonly reason: Error };
      const thrown: readonly unknown[] = [
        new TypeError("a bug"),
        Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" }),
        new UnavailableError("the rates are away"),
        new ConflictError({ family: "Ledger", id: "a" }, 1, 2),
        new InvalidInputError("rate", "must be known", "x"),
        Object.assign(new Error("like one"), { code: "overdrawn", data: {} }),
        reason,
        undefined,
      ];
      await append(store, "a", "new", [deposited(1)]);
      await read(store, Ledger, "a");
      for (const error of thrown) {
        let calls = 0;
        const Broken = defineAggregate({
          ...Ledger,
          process: async (): Promise<LedgerEvent[]> => {
            calls++;
            throw error;
          },
        });
        const executing = () => execute(store, Broken, "a", { cents: 1 });
        assert.equal(await thrownBy("a process that fails", executing), error);
        assert.equal(calls, 1);
      }
      assert.equal((await store.last(Ledger.events, "a", { fresh: "leader" }))?.lastRevision, 1);
    },
  },
  {
    guarantee: "a rejection of another copy of the package, or of another aggregate, is one",
    async check({ store }) {
      const foreign = Object.assign(new Error("no"), { code: "no", data: 1 });
      Object.defineProperty(foreign, Symbol.for("jetfold.rejection"), { value: true });
      const throwing = (error: unknown) =>
        defineAggregate({
          ...Ledger,
          process: (): LedgerEvent[] => {
            throw error;
          },
        });
      const told = await refused("rejected", "a foreign no", () =>
        execute(store, throwing(foreign), "a", { cents: 1 }),
      );
      assert.equal(told.cause, foreign);
      const other = await refused("rejected", "overdrawing", () =>
        execute(store, Ledger, "other", { cents: -1 }),
      );
      const passedOn = await refused("rejected", "passing on a no", () =>
        execute(store, throwing(other), "a", { cents: 1 }),
      );
      assert.equal(passedOn, other);
    },
  },
];
