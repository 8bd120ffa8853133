import assert from "node:assert/strict";
import type { EventStore, Sequence } from "../../../event/index.ts";
import { sent, deposited, LedgerEvents, ParcelEvents } from "../../contract/contract-events.ts";
import { within } from "../../contract/within.ts";
import { assertLines, listing, put } from "../listing.ts";
import type { ProjectionCaseDefinition } from "../projection-case.ts";
import { batchesInto } from "./batch-cases.ts";

/** Store a transaction of a deposit for each of these ledgers. */
async function transfer(store: EventStore, ids: readonly string[]): Promise<Sequence[]> {
  const parts = ids.map((id) => {
    const events = [deposited(1)];
    return { family: LedgerEvents, id, expect: "any", events } as const;
  });
  const published = await within(store.transact(parts), "a transaction");
  return published.map(({ head }) => head.sequence);
}

/** A transaction of which the ledgers' part comes first, and a parcel last. */
async function mixed(store: EventStore): Promise<Sequence> {
  const published = await within(
    store.transact([
      { family: LedgerEvents, id: "a", expect: "any", events: [deposited(1)] },
      { family: LedgerEvents, id: "b", expect: "any", events: [deposited(1)] },
      { family: ParcelEvents, id: "p", expect: "any", events: [sent()] },
    ]),
    "a transaction of two families",
  );
  return published.at(-1)!.head.sequence;
}

/** Commits that were stored together. */
export const transactionCases: readonly ProjectionCaseDefinition[] = [
  {
    guarantee: "a transaction's commits are never parted, though they are more than a batch",
    async check({ store, model, start }) {
      const together: Sequence[][] = [];
      const five = ["a", "b", "c", "d", "e"];
      for (let n = 0; n < 3; n++) {
        await put(store, "z");
        together.push(await transfer(store, five));
      }
      const { commits, projectBatch } = batchesInto(model());
      const batch = { commits: 2, ms: 10 };
      const running = start(listing(model(), { projectBatch: projectBatch!, batch }));
      await running.caughtUp();
      for (let n = 0; n < 3; n++) {
        together.push(await transfer(store, five));
        await running.reached(await put(store, "z"));
      }
      for (const transaction of together) {
        const holding = commits.filter((given) => given.some((one) => transaction.includes(one)));
        assert.equal(holding.length, 1, "in one batch");
        assert.deepEqual(
          holding[0]!.filter((one) => transaction.includes(one)),
          transaction,
        );
      }
      assert.equal(commits.flat().length, 36);
      assert.ok(commits.every(({ length }) => length <= 6));
    },
  },
  {
    guarantee: "who selects some of a transaction's commits does not wait for the others",
    async check({ store, model, start }) {
      const { commits, projectBatch } = batchesInto(model());
      const batch = { commits: 100, ms: 10 };
      await mixed(store);
      const running = start(listing(model(), { projectBatch: projectBatch!, batch }));
      await running.caughtUp();
      await assertLines(model(), ["a:1", "b:1"]);
      await running.reached(await mixed(store));
      await assertLines(model(), ["a:1", "b:1", "a:2", "b:2"]);
      assert.equal(commits.length, 2);
    },
  },
  {
    guarantee: "nor does who selects one aggregate, or types that are not in it",
    async check({ store, model, start }) {
      const selections = [LedgerEvents.of("a"), ParcelEvents.only("Arrived")] as const;
      const running = selections.map((events, n) => {
        const { projectBatch } = batchesInto(model(`model-${n}`));
        const options = { name: `list-${n}`, events, projectBatch: projectBatch! };
        return start(listing(model(`model-${n}`), options));
      });
      const last = await mixed(store);
      for (const one of running) await one.reached(last);
      await assertLines(model("model-0"), ["a:1"]);
      await assertLines(model("model-1"), []);
    },
  },
];
