import assert from "node:assert/strict";
import { append } from "../append.ts";
import type { CaseDefinition } from "../contract-case.ts";
import { LedgerEvents, opened } from "../contract-events.ts";
import { gather } from "../gather.ts";
import { assertRefusal } from "../refused.ts";
import { within } from "../within.ts";
import { part } from "./deposit-part.ts";

/** Transactions at the same time. */
export const raceCases: readonly CaseDefinition[] = [
  {
    guarantee: "of transactions on the same heads exactly one wins",
    async check({ store }) {
      const a = await append(store, "a", "new", [opened()]);
      const b = await append(store, "b", "new", [opened()]);
      const both = [part("a", a.head), part("b", b.head)];
      const outcomes = await within(
        Promise.allSettled(
          Array.from({ length: 8 }, (_, n) => store.transact(n % 2 ? both : [...both].reverse())),
        ),
        "transactions at once",
      );
      assert.equal(outcomes.filter(({ status }) => status === "fulfilled").length, 1);
      for (const outcome of outcomes) {
        if (outcome.status === "rejected") {
          assertRefusal(["conflict"], "a losing transaction", outcome.reason);
        }
      }
      assert.equal((await gather(store.replay(LedgerEvents))).length, 4);
    },
  },
  {
    guarantee: 'transactions that expect "any" are all stored, each side by side',
    async check({ store }) {
      const both = [part("a", "any"), part("b", "any")];
      const all = await within(
        Promise.all(Array.from({ length: 8 }, () => store.transact(both))),
        "transactions at once",
      );
      for (const [a, b] of all) assert.equal(b!.head.sequence, a!.head.sequence + 1);
      for (const id of ["a", "b"]) {
        const read = await gather(store.replay(LedgerEvents.of(id)));
        assert.deepEqual(
          read.map(({ revision }) => revision),
          all.map((_, index) => index + 1),
        );
      }
    },
  },
];
