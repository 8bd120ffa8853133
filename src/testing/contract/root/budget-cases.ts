import assert from "node:assert/strict";
import {
  type Aggregate,
  defineAggregate,
  execute,
  type ProcessContext,
} from "../../../aggregate/index.ts";
import { delay } from "../../../event/backend/timer.ts";
import type { CaseDefinition } from "../contract-case.ts";
import { deposited, type LedgerEvent, LedgerEvents } from "../contract-events.ts";
import { within } from "../within.ts";
import { Ledger, type LedgerState, type Move } from "./ledger.ts";

/** A ledger that does something before it decides. */
function ledgerThat(meanwhile: (context: ProcessContext) => Promise<void>) {
  const deciding: Aggregate<LedgerState, Move, LedgerEvent> = defineAggregate({
    ...Ledger,
    async process(_state, { cents }: Move, context: ProcessContext) {
      await meanwhile(context);
      return [deposited(cents)];
    },
  });
  return deciding;
}

/** How long a call may take. */
export const budgetCases: readonly CaseDefinition[] = [
  {
    guarantee: "a budget may be of any length",
    async check({ store }) {
      const waiting = ledgerThat(async ({ signal }) => {
        await delay(5);
        signal.throwIfAborted();
      });
      for (const ms of [2 ** 31, 90 * 86_400_000, Infinity]) {
        const given = { budgetMs: ms };
        await within(execute(store, waiting, "a", { cents: 1 }, given), `execute within ${ms}`);
        const commit = {
          family: LedgerEvents,
          id: "a",
          expect: "any",
          events: [deposited(1)],
        } as const;
        await within(store.publish(commit, given), `publish within ${ms}`);
        const fresh = { fresh: "leader", timeoutMs: ms } as const;
        const last = await within(store.last(LedgerEvents, "a", fresh), `last within ${ms}`);
        const end = store.end(LedgerEvents, { timeoutMs: ms });
        assert.equal(await within(end, `end within ${ms}`), last?.sequence);
      }
    },
  },
];
