import assert from "node:assert/strict";
import type { ImportedCommit } from "../../../event/index.ts";
import { append, endOf } from "../append.ts";
import type { CaseDefinition } from "../contract-case.ts";
import { deposited, LedgerEvents } from "../contract-events.ts";
import { assertRefusal, thrownBy } from "../refused.ts";
import { eventually, within } from "../within.ts";
import { contentsExpected, contentsOf, histories, imported, ledger } from "./histories.ts";

/** An import that is begun again with the same source. */
export const resumeCases: readonly CaseDefinition[] = [
  {
    guarantee: "an aborted one, begun again, ends as one that was done at once",
    alsoJson: true,
    async check({ store }) {
      const commits = histories(40, 12);
      const stop = new AbortController();
      const reason = { why: "not an Error, but the reason" };
      async function* untilAborted(): AsyncGenerator<ImportedCommit> {
        for (const [i, commit] of commits.entries()) {
          yield commit;
          if (i < 200) continue;
          await eventually(async () => assert.ok((await endOf(store)) > 0));
          stop.abort(reason);
        }
      }
      const importing = () => imported(store, untilAborted(), { signal: stop.signal });
      assert.equal(await thrownBy("an import that is aborted", importing), reason);
      const { stored, skipped } = await imported(store, commits);
      assert.equal(stored + skipped, commits.length);
      assert.ok(skipped > 0, "what was stored before is skipped");
      assert.ok(stored > 0, "what was not stored before is stored");
      assert.deepEqual(await contentsOf(store), contentsExpected(commits));
    },
  },
  {
    guarantee: "done twice, the second one skips everything",
    alsoJson: true,
    async check({ store }) {
      const commits = histories(40, 12);
      const first = await imported(store, commits);
      const { elapsedMs: _, ...again } = await imported(store, commits);
      const { aggregates, lastSequence } = first;
      assert.deepEqual(again, { stored: 0, skipped: commits.length, aggregates, lastSequence });
      assert.deepEqual(await contentsOf(store), contentsExpected(commits));
    },
  },
  {
    guarantee: "a source that has grown is gone on with",
    async check({ store }) {
      const commits = histories(40, 12);
      const before = commits.slice(0, 100);
      await imported(store, before);
      const { stored, skipped } = await imported(store, commits);
      assert.deepEqual([stored, skipped], [commits.length - 100, 100]);
      assert.deepEqual(await contentsOf(store), contentsExpected(commits));
    },
  },
  {
    guarantee: "two at once of the same source store everything once",
    async check({ store }) {
      const commits = histories(20, 8);
      const both = [imported(store, commits), imported(store, commits)];
      const [a, b] = await within(Promise.all(both), "both");
      assert.ok(a!.stored >= 0 && b!.stored >= 0);
      assert.deepEqual(await contentsOf(store), contentsExpected(commits));
    },
  },
  {
    guarantee: "metadata may differ from what was stored before",
    async check({ store }) {
      const at = (actor: string): ImportedCommit[] =>
        ledger("a", 3).map((commit) => ({ ...commit, metadata: { actor } }));
      await imported(store, at("first run"));
      assert.equal((await imported(store, at("second run"))).skipped, 3);
    },
  },
  {
    guarantee: "a commit without events behind what was imported is passed over",
    async check({ store }) {
      await imported(store, ledger("a", 3));
      const last = await store.last(LedgerEvents, "a", { fresh: "leader" });
      await append(store, "a", last!.head, []);
      const { stored, skipped } = await imported(store, ledger("a", 5));
      assert.deepEqual([stored, skipped], [2, 3]);
      assert.equal((await store.last(LedgerEvents, "a", { fresh: "leader" }))!.lastRevision, 5);
    },
  },
  {
    guarantee: "several imports of the same at once store each commit once, and count it once",
    async check({ store }) {
      const commits = histories(20, 20);
      const runs = await Promise.all([1, 2, 3].map(() => imported(store, commits)));
      for (const { stored, skipped } of runs) assert.equal(stored + skipped, commits.length);
      const sum = runs.reduce((all, { stored }) => all + stored, 0);
      assert.equal(sum, commits.length);
      assert.deepEqual(await contentsOf(store), contentsExpected(commits));
    },
  },
  {
    guarantee: "of two that differ, who comes second is told what is there",
    async check({ store }) {
      const commits = ledger("a", 40);
      const other = commits.map((commit, n) =>
        n === 0 ? commit : { ...commit, events: [deposited(1_000 + n)] },
      );
      const runs = await Promise.allSettled([commits, other].map((all) => imported(store, all)));
      const refusals = runs.filter((run) => run.status === "rejected");
      assert.ok(refusals.length > 0);
      for (const { reason } of refusals) {
        assertRefusal(["conflict", "import-mismatch"], "an import beside another", reason);
      }
    },
  },
  {
    guarantee: "aborted before it begins, it does not touch the source",
    async check({ store }) {
      const reason = new Error("enough");
      const source = {
        [Symbol.iterator](): Iterator<ImportedCommit> {
          return assert.fail("the source was asked");
        },
      };
      const signal = AbortSignal.abort(reason);
      const thrown = await thrownBy("an aborted import", () => imported(store, source, { signal }));
      assert.equal(thrown, reason);
    },
  },
];
