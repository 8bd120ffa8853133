import assert from "node:assert/strict";
import {
  type Aggregate,
  defineAggregate,
  execute,
  type ProcessContext,
  read,
} from "../../../aggregate/index.ts";
import type { EventStore } from "../../../event/index.ts";
import type { CaseDefinition } from "../contract-case.ts";
import { deposited, type LedgerEvent } from "../contract-events.ts";
import { refused, thrownBy } from "../refused.ts";
import { within } from "../within.ts";
import { Ledger, type LedgerState, type Move } from "./ledger.ts";

type Decide = (move: Move, context: ProcessContext) => unknown;

/** A ledger without a bound, that does something before it decides. */
function ledgerThat(meanwhile: Decide): Aggregate<LedgerState, Move, LedgerEvent> {
  const deciding: Aggregate<LedgerState, Move, LedgerEvent> = defineAggregate({
    ...Ledger,
    async process(_state, move: Move, context: ProcessContext) {
      await meanwhile(move, context);
      return [deposited(move.cents)];
    },
  });
  return deciding;
}

async function centsOf(store: EventStore, id: string): Promise<number[]> {
  const cents: number[] = [];
  const history = store.replay(Ledger.events.of(id));
  for await (const { event } of history) if (event.type === "Deposited") cents.push(event.cents);
  return cents;
}

const never = (): Promise<never> => new Promise(() => undefined);

/** Commands of one aggregate at once, in one process. */
export const turnCases: readonly CaseDefinition[] = [
  {
    guarantee: "of many commands at once each is decided once, and stored in the order it came",
    async check({ store }) {
      let decided = 0;
      const counting = ledgerThat(() => void decided++);
      const moves = Array.from({ length: 300 }, (_, i) => ({ cents: i + 1 }));
      const all = moves.map((move) => execute(store, counting, "a", move));
      const roots = await within(Promise.all(all), "300 commands");
      assert.deepEqual(
        roots.map(({ head }) => head.revision),
        moves.map(({ cents }) => cents),
      );
      assert.equal(decided, 300);
      assert.deepEqual(
        await centsOf(store, "a"),
        moves.map(({ cents }) => cents),
      );
      assert.equal(store.roots.turns.size, 0);
    },
  },
  {
    guarantee: "a command from within the process of another one of its aggregate is carried out",
    async check({ store }) {
      let inner: Promise<unknown> | undefined;
      const nesting = ledgerThat(async ({ cents }) => {
        if (cents === 1) await (inner ??= execute(store, Ledger, "a", { cents: 2 }));
      });
      const others = [3, 4, 5].map((cents) => ({ cents }));
      const all = [{ cents: 1 }, ...others].map((move) => execute(store, nesting, "a", move));
      await within(Promise.all(all), "a nested command");
      assert.deepEqual(
        (await centsOf(store, "a")).toSorted((a, b) => a - b),
        [1, 2, 3, 4, 5],
      );
      assert.equal(store.roots.turns.size, 0);
    },
  },
  {
    guarantee: "commands that wait for each other's aggregates are all carried out",
    async check({ store }) {
      const seen = new Set<string>();
      const crossing = ledgerThat(async ({ cents }, { id }) => {
        if (cents !== 1 || seen.has(id)) return;
        seen.add(id);
        await execute(store, crossing, id === "a" ? "b" : "a", { cents: 2 });
      });
      const all = ["a", "b"].map((id) => execute(store, crossing, id, { cents: 1 }));
      await within(Promise.all(all), "commands across");
      for (const id of ["a", "b"]) {
        assert.deepEqual(
          (await centsOf(store, id)).toSorted((a, b) => a - b),
          [1, 2],
        );
      }
      assert.equal(store.roots.turns.size, 0);
    },
  },
  {
    guarantee: "a process that does not settle holds others back no longer than its turn",
    async check({ store }) {
      const stop = new AbortController();
      const reason = new Error("enough");
      const stuck = ledgerThat(never);
      const held = [1, 2].map((cents) =>
        thrownBy("a stuck command", () =>
          execute(store, stuck, "a", { cents }, { signal: stop.signal }),
        ),
      );
      const others = [3, 4, 5].map((cents) => execute(store, Ledger, "a", { cents }));
      await within(Promise.all(others), "the commands behind");
      stop.abort(reason);
      assert.deepEqual(await Promise.all(held), [reason, reason]);
      assert.deepEqual(await centsOf(store, "a"), [3, 4, 5]);
      assert.equal(store.roots.turns.size, 0);
    },
  },
  {
    guarantee:
      "a command that waits for its turn ends with its budget, or its signal; nothing is stored",
    async check({ store }) {
      const stop = new AbortController();
      const stuck = ledgerThat(never);
      const held = thrownBy("a stuck command", () =>
        execute(store, stuck, "a", { cents: 1 }, { signal: stop.signal }),
      );
      const signal = AbortSignal.abort(new Error("no longer wanted"));
      const later = new AbortController();
      const options = { signal: later.signal };
      const aborted = thrownBy("an aborted command", () =>
        execute(store, Ledger, "a", { cents: 2 }, options),
      );
      later.abort(signal.reason);
      assert.equal(await aborted, signal.reason);
      const late = () => execute(store, Ledger, "a", { cents: 3 }, { budgetMs: 20 });
      const error = await refused("timeout", "a command whose turn does not come", late);
      assert.match(error.message, /the command before this one of Ledger "a" has not settled/);
      stop.abort(new Error("enough"));
      await held;
      await execute(store, Ledger, "a", { cents: 4 });
      assert.equal((await read(store, Ledger, "a", { fresh: "leader" })).state.events, 1);
      assert.equal(store.roots.turns.size, 0);
    },
  },
];
