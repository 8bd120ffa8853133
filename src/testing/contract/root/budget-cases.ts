import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import {
  type Aggregate,
  commandTo,
  defineAggregate,
  execute,
  find,
  type ProcessContext,
  read,
} from "../../../aggregate/index.ts";
import { executeTogether } from "../../../aggregate/execute-together.ts";
import { delay } from "../../../event/backend/timer.ts";
import type { CaseDefinition } from "../contract-case.ts";
import { deposited, type LedgerEvent, LedgerEvents } from "../contract-events.ts";
import { refused, thrownBy } from "../refused.ts";
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
  {
    guarantee: "a process that never settles ends with the budget, named; nothing is stored",
    async check({ store }) {
      await execute(store, Ledger, "a", { cents: 1 });
      let calls = 0;
      const never = ledgerThat(() => (calls++, new Promise(() => undefined)));
      for (const id of ["a", "new"]) {
        const call = () => execute(store, never, id, { cents: 1 }, { budgetMs: 50 });
        const error = await refused("timeout", id, call);
        assert.match(error.message, /"process" of Ledger "(a|new)" has not settled within 50 ms/);
      }
      const together = () => executeTogether(store, [commandTo(never, "a", { cents: 1 })], {}, 50);
      await refused("timeout", "commands of a reaction", together);
      assert.equal(calls, 3);
      assert.equal((await read(store, Ledger, "a", { fresh: "leader" })).state.events, 1);
      assert.equal(await find(store, Ledger, "new", { fresh: "leader" }), undefined);
    },
  },
  {
    guarantee:
      "a process that never settles, or settles late, ends with the caller's signal at once",
    async check({ store }) {
      const reason = new Error("no longer wanted");
      for (const late of [() => [deposited(1)], () => Promise.reject(new Error("too late"))]) {
        const stop = new AbortController();
        const goOn = new EventEmitter();
        const begun = new Promise((resolve) => goOn.once("begun", resolve));
        const slow = ledgerThat(async () => {
          const ended = once(goOn, "ended");
          goOn.emit("begun");
          await ended;
          await late();
        });
        const { signal } = stop;
        const call = () => execute(store, slow, "a", { cents: 1 }, { signal });
        const thrown = thrownBy("an aborted call", call);
        await begun;
        stop.abort(reason);
        assert.equal(await thrown, reason);
        goOn.emit("ended");
      }
      assert.equal(await find(store, Ledger, "a", { fresh: "leader" }), undefined);
    },
  },
];
