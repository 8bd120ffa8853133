import assert from "node:assert/strict";
import type { StoreWarning } from "../../../event/index.ts";
import type { ImportProgress } from "../../../import/index.ts";
import { append, endOf } from "../append.ts";
import type { CaseDefinition } from "../contract-case.ts";
import { deposited, LedgerEvents } from "../contract-events.ts";
import { contentsExpected, contentsOf, histories, imported, ledger } from "./histories.ts";

/** An import that comes to its end at once. */
export const completeCases: readonly CaseDefinition[] = [
  {
    guarantee: "every commit is stored, each aggregate's in the order given",
    alsoJson: true,
    async check({ store }) {
      const commits = histories(40, 12);
      const { elapsedMs, ...did } = await imported(store, commits);
      const lastSequence = await endOf(store);
      const aggregates = 40;
      assert.deepEqual(did, { stored: commits.length, skipped: 0, aggregates, lastSequence });
      assert.ok(elapsedMs > 0);
      assert.deepEqual(await contentsOf(store), contentsExpected(commits));
    },
  },
  {
    guarantee: "however few are under way at once, and one aggregate after the other",
    async check({ store }) {
      const commits = ["a", "b", "c"].flatMap((id) => ledger(id, 50));
      await imported(store, commits, { maxInFlight: 1 });
      assert.deepEqual(await contentsOf(store), contentsExpected(commits));
    },
  },
  {
    guarantee: "what is imported is appended to like anything else",
    async check({ store }) {
      await imported(store, ledger("a", 3));
      const last = await store.last(LedgerEvents, "a", { fresh: "leader" });
      const { head } = await append(store, "a", last!.head, [deposited(4)]);
      assert.equal(head.revision, 4);
    },
  },
  {
    guarantee: "an empty source imports nothing",
    async check({ store }) {
      const told: ImportProgress[] = [];
      const onProgress = (progress: ImportProgress): number => told.push(progress);
      const { elapsedMs: _, ...did } = await imported(store, [], { total: 0, onProgress });
      assert.deepEqual(did, { stored: 0, skipped: 0, aggregates: 0, lastSequence: 0 });
      assert.deepEqual(
        told.map(({ done, skipped, total }) => [done, skipped, total]),
        [[0, 0, 0]],
      );
    },
  },
  {
    guarantee: "progress grows to all that was imported and verified",
    async check({ store }) {
      const commits = histories(30, 10);
      const total = commits.length;
      const told: ImportProgress[] = [];
      const onProgress = (progress: ImportProgress): number => told.push(progress);
      const { elapsedMs } = await imported(store, commits, { total, onProgress });
      assert.ok(told.length <= 2 + elapsedMs / 250, "told every 250 ms at most");
      for (const [i, { done }] of told.entries()) assert.ok(done >= (told[i - 1]?.done ?? 0));
      const { perSecond, ...last } = told.at(-1)!;
      const all = { total, aggregates: 30, verified: 30 };
      assert.deepEqual(last, { ...all, done: total, skipped: 0, leftMs: 0 });
      assert.ok(perSecond > 0 && Number.isFinite(perSecond));
      await imported(store, commits, { onProgress });
      const { perSecond: again, ...repeated } = told.at(-1)!;
      const without = { aggregates: 30, verified: 30 };
      assert.deepEqual(repeated, { ...without, done: total, skipped: total });
      assert.ok(again > 0);
    },
  },
  {
    guarantee: "an error of the one who listens to progress is a warning, and ends no import",
    async check({ open }) {
      const warnings: StoreWarning[] = [];
      const store = await open({ onWarning: (warning) => warnings.push(warning) });
      const own = new Error("the listener's");
      const onProgress = (): void => {
        throw own;
      };
      const { stored } = await imported(store, ledger("a", 3), { onProgress });
      assert.equal(stored, 3);
      assert.ok(warnings.some(({ code, cause }) => code === "listener" && cause === own));
    },
  },
];
