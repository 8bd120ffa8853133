import assert from "node:assert/strict";
import type { Commit } from "../../../event/index.ts";
import { appendEach, sequencesOfPublished } from "../../contract/append.ts";
import { LedgerEvents } from "../../contract/contract-events.ts";
import { assertRefusal } from "../../contract/refused.ts";
import { rebase } from "../../contract/truncate/rebase.ts";
import { assertLines, failureOf, lineOf, linesIn, listing, put } from "../listing.ts";
import type { ProjectionCaseDefinition, ProjectionContext } from "../projection-case.ts";
import type { ReadModel } from "../projection-harness.ts";
import { batchesInto } from "./batch-cases.ts";

/** Ledger "a" of 5 commits, cut but for some of the last ones, its base and one commit more. */
async function cut({ store }: ProjectionContext, left: number): Promise<void> {
  const before = sequencesOfPublished(await appendEach(store, "a", 5));
  await put(store, "b");
  const { sequence } = await rebase(store);
  await put(store, "a");
  await store.truncate(LedgerEvents, "a", left === 0 ? sequence : before[5 - left]!);
}

function baseInto(model: ReadModel<unknown>) {
  return async ({ id, lastRevision }: Commit, tx: unknown): Promise<void> =>
    model.append(tx, `base ${lineOf({ id, revision: lastRevision })}`);
}

/** Aggregates whose history was cut. */
export const baseCases: readonly ProjectionCaseDefinition[] = [
  {
    guarantee: "projectBase is called in place of the events that were cut",
    async check(context) {
      const { store, model, start } = context;
      await cut(context, 0);
      const projectBase = baseInto(model());
      const running = start(listing(model(), { projectBase }));
      await running.caughtUp();
      await assertLines(model(), ["b:1", "base a:5", "a:6"]);
      await running.reached(await put(store, "a"));
      assert.equal((await linesIn(model())).at(-1), "a:7");
    },
  },
  {
    guarantee: "with projectBatch too, between what is before it and what is after it",
    async check(context) {
      const { model, start } = context;
      await cut(context, 0);
      const { projectBatch } = batchesInto(model());
      const options = { projectBatch: projectBatch!, projectBase: baseInto(model()) };
      const running = start(listing(model(), options));
      await running.caughtUp();
      await assertLines(model(), ["b:1", "base a:5", "a:6"]);
    },
  },
  {
    guarantee: "events that are left below a base are part of it, and not handled again",
    async check(context) {
      const { model, start } = context;
      await cut(context, 2);
      const running = start(listing(model(), { projectBase: baseInto(model()) }));
      await running.caughtUp();
      await assertLines(model(), ["b:1", "base a:5", "a:6"]);
    },
  },
  {
    guarantee: "without projectBase a cut history is a TruncatedError, at once",
    async check(context) {
      const { model, start } = context;
      await cut(context, 0);
      const running = start(listing(model()));
      const error = await failureOf(running);
      assertRefusal(["truncated"], "a cut history", error);
      const { family, id, attempts } = running.failure!;
      assert.deepEqual([family, id, attempts], ["Ledger", "a", 1]);
      await assertLines(model(), ["b:1"]);
    },
  },
  {
    guarantee: "so is a cut without a base, when all history is through",
    async check({ store, model, start }) {
      const before = sequencesOfPublished(await appendEach(store, "a", 5));
      await store.truncate(LedgerEvents, "a", before[3]!);
      const running = start(listing(model(), { projectBase: baseInto(model()) }));
      assertRefusal(["truncated"], "a cut without a base", await failureOf(running));
      await assertLines(model(), []);
    },
  },
  {
    guarantee: "who was through before it was cut goes on behind it",
    async check({ store, model, start }) {
      await appendEach(store, "a", 2);
      const running = start(listing(model()));
      await running.caughtUp();
      await running.stop();
      const { sequence } = await rebase(store);
      await store.truncate(LedgerEvents, "a", sequence);
      await put(store, "a");
      const again = start(listing(model()));
      await again.caughtUp();
      await assertLines(model(), ["a:1", "a:2", "a:3"]);
    },
  },
];
