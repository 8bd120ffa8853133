import assert from "node:assert/strict";
import {
  defineAggregate,
  execute,
  read,
  type SnapshotPolicy,
  write,
} from "../../../aggregate/index.ts";
import type { StoreWarning } from "../../../event/index.ts";
import { endOf } from "../append.ts";
import type { CaseDefinition } from "../contract-case.ts";
import { deposited, type LedgerEvent, LedgerEvents } from "../contract-events.ts";
import { eventually, within } from "../within.ts";
import { Ledger, type LedgerState } from "./ledger.ts";

const own = new Error("the listener's own");

function throwing(): never {
  throw own;
}

/** The ledger, with snapshots as a policy has them. */
function ledgerWith(snapshots: SnapshotPolicy<LedgerState>) {
  return defineAggregate({ ...Ledger, snapshots });
}

/** Functions of the user's that are called when something is stored already. */
export const listenerCases: readonly CaseDefinition[] = [
  {
    guarantee: "a snapshot policy that throws is a warning: what was stored is returned, once",
    async check({ open }) {
      const warnings: StoreWarning[] = [];
      const store = await open({ onWarning: (warning) => warnings.push(warning) });
      const rejecting = (async () => throwing()) as unknown as () => boolean;
      for (const [n, policy] of [throwing, rejecting].entries()) {
        warnings.length = 0;
        const Policed = ledgerWith(policy);
        const executed = await execute(store, Policed, `${n}`, { cents: 1 });
        assert.equal(executed.head.sequence, await endOf(store));
        const written = await write(store, Policed, executed, [deposited(2)]);
        assert.equal(written.head.sequence, await endOf(store));
        assert.deepEqual(written.state, { cents: 3, events: 2 });
        assert.equal(written.snapshotRevision, 0);
        const told = () =>
          warnings.filter(({ code, cause }) => code === "listener" && cause === own);
        await eventually(() => assert.equal(told().length, 2));
        assert.match(told()[0]!.message, /snapshot policy of "Ledger".*the listener's own/);
      }
    },
  },
  {
    guarantee: "an onWarning that throws or rejects breaks nothing it is told of",
    needs: ["reopen"],
    async check({ store, open }) {
      const rejecting = (async () => throwing()) as () => void;
      for (const onWarning of [throwing, rejecting]) {
        const told = await open({ name: store.name, onWarning });
        const Policed = ledgerWith(throwing);
        const { head } = await execute(told, Policed, "a", { cents: 1 });
        assert.equal(head.sequence, await endOf(told));
        // A snapshot that can't be written is a warning, too; closing waits for it.
        const Mapped = defineAggregate({
          events: LedgerEvents,
          initial: () => new Map<string, number>(),
          process: (): LedgerEvent[] => [deposited(1)],
          apply: (state: Map<string, number>) => new Map(state).set("cents", 1),
          snapshots: { every: 1 },
        });
        await execute(told, Mapped, "mapped", undefined);
        await within(told.close(), "closing");
        assert.equal(told.signal.aborted, true);
      }
      assert.equal((await read(store, Ledger, "a", { fresh: "leader" })).state.events, 2);
    },
  },
];
