import assert from "node:assert/strict";
import type { InvalidInputError, NewCommit, PublishOptions } from "../../../event/index.ts";
import { append, endOf } from "../append.ts";
import type { CaseContext, CaseDefinition } from "../contract-case.ts";
import { deposited, noted, opened } from "../contract-events.ts";
import { refused } from "../refused.ts";
import { part } from "./deposit-part.ts";

/** Transactions of which nothing may be stored. */
export const refusalCases: readonly CaseDefinition[] = [
  {
    guarantee: "a conflict of one part stores nothing of any and names the aggregate",
    alsoJson: true,
    async check({ store }) {
      const first = await append(store, "b", "new", [opened()]);
      const second = await append(store, "b", first.head, [deposited(1)]);
      for (const order of [
        ["a", "b", "c"],
        ["b", "a", "c"],
        ["a", "c", "b"],
      ]) {
        const before = await endOf(store);
        const error = await refused("conflict", `a transaction on ${order.join()}`, () =>
          store.transact(order.map((id) => part(id, id === "b" ? first.head : "new"))),
        );
        assert.deepEqual([error.family, error.id], ["Ledger", "b"]);
        assert.equal(error.expected, first.head.sequence);
        assert.equal(error.actual, second.head.sequence);
        assert.equal(await endOf(store), before, "nothing was stored");
      }
      await store.transact([part("a", "new"), part("b", second.head), part("c", "new")]);
    },
  },
  {
    guarantee: "of several conflicts the first part's is named",
    async check({ store }) {
      await append(store, "a", "new", [opened()]);
      await append(store, "b", "new", [opened()]);
      const error = await refused("conflict", "a transaction with two conflicts", () =>
        store.transact([part("c", "new"), part("b", "new"), part("a", "new")]),
      );
      assert.equal(error.id, "b");
    },
  },
  {
    guarantee: "a guard that no longer holds stores nothing",
    async check({ store }) {
      const { head } = await append(store, "a", "new", [opened()]);
      await append(store, "a", head, [deposited(1)]);
      const before = await endOf(store);
      const error = await refused("conflict", "a transaction with a stale guard", () =>
        store.transact([part("b", "new"), { ...part("a", head), events: [] }]),
      );
      assert.equal(error.id, "a");
      assert.equal(await endOf(store), before, "nothing was stored");
    },
  },
  {
    guarantee: "an aggregate that occurs twice is refused",
    async check({ store }) {
      await refusedTransaction(store, [part("a", "new"), part("b", "new"), part("a", "any")]);
    },
  },
  {
    guarantee: "a transaction without commits is refused",
    async check({ store }) {
      await refusedTransaction(store, []);
    },
  },
  {
    guarantee: "one part that breaks a rule refuses the whole transaction",
    async check({ store }) {
      const unstorable = { ...part("b", "new"), events: [opened(), noted(new Map())] };
      const error = await refusedTransaction(store, [part("a", "new"), unstorable]);
      assert.ok(error.field.endsWith("events[1].value"), error.field);
      await refusedTransaction(store, [part("a", "new"), part("*", "new")]);
      await refusedTransaction(store, [part("a", "new"), part("b", Number.NaN)]);
      await refusedTransaction(store, [part("a", "new"), { ...part("b", "new"), events: [null] }]);
      await refusedTransaction(store, [part("a", "new")], { commitId: "a b" });
    },
  },
  {
    guarantee: "one part above the size limit refuses the whole transaction",
    needs: ["size-limit"],
    async check({ store, harness }) {
      const events = [noted("x".repeat(harness.maxCommitBytes!))];
      await refusedTransaction(store, [part("a", "new"), { ...part("b", "new"), events }]);
    },
  },
];

/** Try a transaction that breaks a rule, and see that nothing came of it. */
async function refusedTransaction(
  store: CaseContext["store"],
  commits: readonly { readonly id: string; readonly events: readonly unknown[] }[],
  options?: PublishOptions,
): Promise<InvalidInputError> {
  const before = await endOf(store);
  const error = await refused("invalid-input", "a transaction that breaks a rule", () =>
    store.transact(commits as unknown as readonly NewCommit[], options),
  );
  assert.equal(await endOf(store), before, "nothing was stored");
  return error;
}
