import assert from "node:assert/strict";
import { append, endOf } from "../append.ts";
import type { CaseDefinition } from "../contract-case.ts";
import { deposited, LedgerEvents } from "../contract-events.ts";
import { isJetfoldError } from "../../../event/index.ts";
import { within } from "../within.ts";

const count = 200;

/** What is under way when a store is closed. */
export const closeUnderWayCases: readonly CaseDefinition[] = [
  {
    guarantee: "what was being published when it was closed is told, none of it left unknown",
    needs: ["reopen"],
    async check({ store, open }) {
      const other = await open({ name: store.name });
      const publishing = Array.from({ length: count }, (_, n) =>
        append(store, `ledger-${n}`, "new", [deposited(n)]),
      );
      const settled = Promise.allSettled(publishing);
      await Promise.race(publishing);
      await within(store.close(), "closing");
      const outcomes = await within(settled, "what was being published");
      for (const outcome of outcomes) {
        assert.equal(
          outcome.status,
          "fulfilled",
          outcome.status === "rejected" ? String(outcome.reason) : "",
        );
      }
      assert.equal(await endOf(other), count);
    },
  },
  {
    guarantee: "what was being read when it was closed is read, or is an error that says so",
    async check({ store }) {
      await append(store, "a", "new", [deposited(1)]);
      const reading = Array.from({ length: count }, () =>
        store.last(LedgerEvents, "a", { fresh: "leader" }),
      );
      const settled = Promise.allSettled(reading);
      await within(store.close(), "closing");
      for (const outcome of await within(settled, "what was being read")) {
        if (outcome.status === "fulfilled") assert.equal(outcome.value?.lastRevision, 1);
        else {
          assert.ok(isJetfoldError(outcome.reason, "closed"));
        }
      }
    },
  },
];
