import assert from "node:assert/strict";
import {
  defineAggregate,
  inspect,
  read,
  repair,
  snapshotAndTruncate,
  write,
} from "../../../aggregate/index.ts";
import { append, appendEach, endOf } from "../append.ts";
import type { CaseContext, CaseDefinition } from "../contract-case.ts";
import { type BoughtV1, deposited, LedgerEvents, TicketEventsV1 } from "../contract-events.ts";
import { refused, refusedAs } from "../refused.ts";
import { newerVersion } from "../replay/write-ticket.ts";
import { Ledger } from "../root/ledger.ts";
import { within } from "../within.ts";

const bytes = new TextEncoder().encode("hello");

/** As older code knows it. */
const Ticket = defineAggregate({
  events: TicketEventsV1,
  upcastState: [],
  initial: () => ({ price: 0 }),
  process: (_, command: BoughtV1) => [command],
  apply: (_, { price }) => ({ price }),
});

const putText = ({ store, harness }: CaseContext): Promise<void> =>
  harness.putForeign!(store, "Ledger", "a", bytes);

/** What a repair does not do by itself. */
export const unsureCases: readonly CaseDefinition[] = [
  {
    guarantee: "where nothing is wrong nothing is stored, and what is not there is not found",
    async check({ store }) {
      await appendEach(store, "a", 3);
      const inspection = await inspect(store, Ledger, "a");
      assert.deepEqual([inspection.faults, inspection.messages], [[], 3]);
      const { root, leftOut } = await repair(store, Ledger, inspection);
      assert.deepEqual(
        [root.head.revision, leftOut, await endOf(store)],
        [3, [], root.head.sequence],
      );
      await refused("not-found", "inspecting nothing", () => inspect(store, Ledger, "b"));
    },
  },
  {
    guarantee: "an aggregate that only ever had foreign messages begins as a new one",
    needs: ["foreign"],
    async check(context) {
      const { store } = context;
      await putText(context);
      const { root } = await repair(store, Ledger, await inspect(store, Ledger, "a"));
      assert.deepEqual([root.head.revision, root.state], [0, Ledger.initial()]);
      assert.equal((await write(store, Ledger, root, [deposited(1)])).head.revision, 1);
    },
  },
  {
    guarantee: "it says in the base what was left out, with the caller's metadata",
    needs: ["foreign"],
    alsoJson: true,
    async check(context) {
      const { store } = context;
      const [first] = await appendEach(store, "a", 1);
      await putText(context);
      const inspection = await inspect(store, Ledger, "a");
      await repair(store, Ledger, inspection, { metadata: { actor: "Ada" } });
      const last = await store.last(LedgerEvents, "a", { fresh: "leader" });
      const from = first!.head.sequence + 1;
      const { jetfoldLeftOut, actor } = last!.metadata;
      assert.deepEqual(jetfoldLeftOut, inspection.leftOut);
      assert.deepEqual([inspection.leftOut[0]?.from, actor], [from, "Ada"]);
      assert.match(inspection.leftOut[0]!.reason, /: not a commit of this store$/);
    },
  },
  {
    guarantee: "of two at once one is stored; what comes meanwhile is not left out unseen",
    needs: ["foreign"],
    async check(context) {
      const { store } = context;
      await appendEach(store, "a", 2);
      await putText(context);
      const inspection = await inspect(store, Ledger, "a");
      await putText(context);
      const late = () => repair(store, Ledger, inspection);
      await refusedAs(["conflict", "poison"], "what it has not seen", late);
      const anew = await inspect(store, Ledger, "a");
      const both = [1, 2].map(() => repair(store, Ledger, anew));
      const settled = await within(Promise.allSettled(both), "two at once");
      const stored = settled.filter(({ status }) => status === "fulfilled");
      assert.equal(stored.length, 1);
      await refused("conflict", "once more", () => repair(store, Ledger, anew));
      assert.equal((await inspect(store, Ledger, "a")).messages, 5);
    },
  },
  {
    guarantee: "one that is tried again under its commit id is answered with what it has stored",
    needs: ["foreign"],
    async check(context) {
      const { store } = context;
      await appendEach(store, "a", 2);
      await putText(context);
      const inspection = await inspect(store, Ledger, "a");
      const options = { commitId: "repair-1" };
      const { root } = await repair(store, Ledger, inspection, options);
      const again = await repair(store, Ledger, inspection, options);
      assert.deepEqual(again.root.head, root.head);
    },
  },
  {
    guarantee: "a writer that stood before the fault is told of a conflict, and goes on after it",
    needs: ["foreign", "reopen"],
    async check(context) {
      const { store, open } = context;
      await appendEach(store, "a", 2);
      const other = await open({ name: store.name });
      const root = await read(other, Ledger, "a");
      await putText(context);
      await repair(store, Ledger, await inspect(store, Ledger, "a"));
      await refused("conflict", "writing on it", () => write(other, Ledger, root, [deposited(3)]));
      const now = await read(other, Ledger, "a", { fresh: "leader" });
      const { state } = await write(other, Ledger, now, [deposited(3)]);
      assert.deepEqual(state, { cents: 6, events: 3 });
    },
  },
  {
    guarantee: "a truncated aggregate goes on from its base, and can be truncated again",
    needs: ["foreign", "reopen"],
    async check(context) {
      const { store, open } = context;
      await appendEach(store, "a", 3);
      const { root } = await snapshotAndTruncate(store, Ledger, await read(store, Ledger, "a"));
      await append(store, "a", root.head, [deposited(4)]);
      await putText(context);
      const cold = await open({ name: store.name, cachedRoots: 0 });
      const repaired = await repair(cold, Ledger, await inspect(cold, Ledger, "a"));
      assert.deepEqual(repaired.root.state, { cents: 10, events: 4 });
      const { deleted } = await snapshotAndTruncate(store, Ledger, repaired.root);
      assert.equal(deleted, 3);
      assert.deepEqual((await read(cold, Ledger, "a", { fresh: "leader" })).state.cents, 10);
    },
  },
  {
    guarantee: "a state that this code can't tell is not made up: it is refused, or given",
    needs: ["foreign"],
    async check({ store, harness }) {
      await newerVersion(store);
      await harness.putForeign!(store, "Ticket", "newer", bytes);
      const inspection = await inspect(store, Ticket, "newer");
      assert.equal(inspection.root, undefined);
      const unread = () => repair(store, Ticket, inspection);
      await refused("poison", "events of newer code", unread);
      const { root } = await repair(store, Ticket, inspection, { state: { price: 7 } });
      assert.deepEqual(root.state, { price: 7 });
      const { state, head } = await read(store, Ticket, "newer", { fresh: "leader" });
      assert.deepEqual([state, head.revision], [{ price: 7 }, 1]);
    },
  },
];
